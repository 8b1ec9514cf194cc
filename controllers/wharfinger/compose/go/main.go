// Command wharfinger-compose reads Compose files with compose-go, for a process that is not written in Go.
//
// It answers requests, a JSON object a line on standard input, with a JSON object a line on standard output. A request
// brings all that its documents may refer to: there is no network, and the process cannot read a file that it was not
// given (see sandbox.go). Its parent ends it when an answer takes too long, and starts another.
//
//	wharfinger-compose serve DIRECTORY   answer requests; files lie in that directory while they are read
//	wharfinger-compose schema            print the JSON schema of the Compose specification that it goes by
//	wharfinger-compose version           print the versions of this program, compose-go and Go
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/sirupsen/logrus"
)

const (
	maxRequest  = 8 << 20   // bytes; a custom resource has at most a fifth of that
	memoryLimit = 512 << 20 // bytes, for all that the process has: half of what the operator's container may use
)

// version is Wharfinger's, which its build puts here.
var version = "dev"

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "wharfinger-compose: %v\n", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "schema":
		_, err := fmt.Println(schema.Schema)
		return err
	case len(args) == 1 && args[0] == "version":
		_, err := fmt.Printf("wharfinger-compose %s (compose-go %s, %s)\n", version, parserVersion(), runtime.Version())
		return err
	case len(args) == 2 && args[0] == "serve":
		if err := confine(args[1]); err != nil {
			return err
		}
		debug.SetMemoryLimit(memoryLimit / 2)
		return serve(os.Stdin, os.Stdout, args[1])
	}
	return errors.New("usage: wharfinger-compose serve DIRECTORY | schema | version")
}

// parserVersion is that of compose-go, as it was linked.
func parserVersion() string {
	built, _ := debug.ReadBuildInfo()
	if built == nil {
		return ""
	}
	for _, module := range built.Deps {
		if module.Path == "github.com/compose-spec/compose-go/v2" {
			return module.Version
		}
	}
	return ""
}

// serve answers requests until its input ends.
func serve(input io.Reader, output io.Writer, root string) error {
	logrus.SetOutput(io.Discard)
	lines := bufio.NewReaderSize(input, 64<<10)
	answers := json.NewEncoder(output)
	for {
		line, err := readLine(lines)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := answers.Encode(answer(line, root)); err != nil {
			return err
		}
	}
}

// readLine reads a whole line of at most maxRequest bytes.
func readLine(lines *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := lines.ReadSlice('\n')
		if len(line)+len(part) > maxRequest {
			return nil, fmt.Errorf("a request has more than %d bytes", maxRequest)
		}
		line = append(line, part...)
		if err == nil {
			return line, nil
		}
		if err != bufio.ErrBufferFull {
			return nil, err
		}
	}
}
