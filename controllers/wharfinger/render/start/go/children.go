package main

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
)

// family are the processes that we started ourselves and wait for.
type family struct {
	lock sync.Mutex
	pids map[int]bool
}

var children = family{pids: map[int]bool{}}

func (f *family) start(command *exec.Cmd) error {
	f.lock.Lock() // nobody may take the process for an orphan before it is written down
	defer f.lock.Unlock()
	if err := command.Start(); err != nil {
		return err
	}
	f.pids[command.Process.Pid] = true
	return nil
}

func (f *family) wait(command *exec.Cmd) error {
	err := command.Wait()
	f.lock.Lock()
	defer f.lock.Unlock()
	delete(f.pids, command.Process.Pid)
	return err
}

// buryOrphans collects the ends of processes whose parents are gone: process 1 inherits them, and nobody else can.
func (f *family) buryOrphans() {
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGCHLD)
	for range ends {
		entries, err := os.ReadDir("/proc")
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if pid, err := strconv.Atoi(entry.Name()); err == nil && isDeadChild(pid) {
				f.bury(pid)
			}
		}
	}
}

func (f *family) bury(pid int) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if !f.pids[pid] {
		_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	}
}

// isDeadChild reads /proc/PID/stat: "PID (NAME) STATE PARENT …", where the name may contain anything.
func isDeadChild(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	return len(fields) > 1 && string(fields[0]) == "Z" && string(fields[1]) == strconv.Itoa(os.Getpid())
}
