// Command demo is the program of the images that tests and examples run: a small web server that does as it is told,
// and the few tools that a container without a shell needs.
//
//	demo                 serve HTTP, see serve.go
//	demo get URL         print the answer; exit 1 unless it is 2xx
//	demo write FILE TEXT
//	demo cat FILE
//	demo sleep DURATION
//	demo exit CODE
//	demo pause           wait for a signal, and reap what is orphaned: the sandbox of a Pod
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

type tool struct {
	arguments int
	run       func(arguments []string) error
}

var tools = map[string]tool{
	"cat":   {1, func(a []string) error { return printFile(a[0]) }},
	"exit":  {1, exit},
	"get":   {1, func(a []string) error { return get(a[0]) }},
	"pause": {0, func([]string) error { return pause() }},
	"serve": {0, func([]string) error { return serve() }},
	"sleep": {1, sleep},
	"write": {2, func(a []string) error { return os.WriteFile(a[0], []byte(a[1]+"\n"), 0o644) }},
}

func main() {
	name, arguments := filepath.Base(os.Args[0]), os.Args[1:]
	if _, known := tools[name]; !known {
		name = "serve"
		if len(arguments) > 0 {
			name, arguments = arguments[0], arguments[1:]
		}
	}
	chosen, known := tools[name]
	if !known || len(arguments) != chosen.arguments {
		fmt.Fprintln(os.Stderr, "usage: demo [serve | get URL | write FILE TEXT | cat FILE | sleep DURATION | exit CODE | pause]")
		os.Exit(2)
	}
	if err := chosen.run(arguments); err != nil {
		fmt.Fprintf(os.Stderr, "demo %s: %v\n", name, err)
		os.Exit(1)
	}
}

func get(url string) error {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(os.Stdout, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s", answer.Status)
	}
	return nil
}

func printFile(path string) error {
	content, err := os.ReadFile(path)
	if err == nil {
		_, err = os.Stdout.Write(content)
	}
	return err
}

func sleep(arguments []string) error {
	duration, err := time.ParseDuration(arguments[0])
	if err == nil {
		time.Sleep(duration)
	}
	return err
}

func exit(arguments []string) error {
	code, err := strconv.Atoi(arguments[0])
	if err == nil {
		os.Exit(code)
	}
	return err
}

func pause() error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return nil
		}
		for pid, err := 1, error(nil); pid > 0 && err == nil; {
			pid, err = syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		}
	}
	return nil
}
