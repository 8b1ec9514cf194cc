// Command wharfinger-start is process 1 of a container in a task whose containers depend on one another.
//
// Kubernetes starts the containers of a pod at once and stops them at once. ECS does neither: a container waits for
// others to start, to be healthy or to end; when an essential one ends the task ends; stopping goes the other way
// round, with a time for each. Here each container of the task is started through this program, and they tell each
// other how they are by files in a directory that they share.
//
// It is static and needs nothing of the image that it runs in: no shell, no libc.
//
//	wharfinger-start install DIRECTORY           copy this program there
//	wharfinger-start run SETTINGS COMMAND…       run COMMAND as SETTINGS (JSON, type Settings) say
//	wharfinger-start started DIRECTORY NAME      exit 0 if container NAME has started: for probes
//	wharfinger-start version                     print the versions of this program and Go
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

const (
	usageError  = 2
	cannotRun   = 126 // as Docker: the command is there and cannot be run
	notFound    = 127 // as Docker: there is no such command
	neverRan    = 143 // 128 + SIGTERM: stopped before it ran, as the ECS agent records it
	programName = "wharfinger-start"
)

// version is Wharfinger's, which its build puts here.
var version = "dev"

func main() {
	os.Exit(command(os.Args[1:]))
}

func command(args []string) int {
	switch {
	case len(args) == 2 && args[0] == "install":
		return report(install(args[1]))
	case len(args) >= 3 && args[0] == "run":
		settings, err := parseSettings(args[1])
		if err != nil {
			report(err)
			return usageError
		}
		return run(settings, args[2:])
	case len(args) == 3 && args[0] == "started":
		if record := (board{args[1]}).read(args[2]); record.Phase != waiting {
			return 0
		}
		return 1
	case len(args) == 1 && args[0] == "version":
		fmt.Printf("%s %s (%s)\n", programName, version, runtime.Version())
		return 0
	}
	const usage = "install DIRECTORY | run SETTINGS COMMAND… | started DIRECTORY NAME | version"
	fmt.Fprintln(os.Stderr, "usage:", programName, usage)
	return usageError
}

// report prints what went wrong and gives the exit status.
func report(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", programName, err)
	return 1
}

// install copies this program, so that other containers can run it: theirs may have no file in common with ours.
func install(directory string) error {
	own, err := os.Executable()
	if err != nil {
		return err
	}
	source, err := os.Open(own)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(filepath.Join(directory, programName), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}
