package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Phase is how far a container has come.
type Phase string

const (
	waiting Phase = "waiting" // also: not there yet
	running Phase = "running"
	stopped Phase = "stopped"
)

// Record is what a container tells the others.
type Record struct {
	Phase     Phase     `json:"phase"`
	Ran       bool      `json:"ran"` // whether its command ever ran
	Healthy   bool      `json:"healthy,omitempty"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	Code      *int      `json:"code,omitempty"` // exit code, once stopped; none where it was killed with its container
}

// board is the directory where the containers of a task put their records.
type board struct{ directory string }

func (b board) path(name, suffix string) string {
	return filepath.Join(b.directory, name+suffix)
}

// read tells how a container is. One that holds its lock no more has stopped, whatever its record says: its container
// was killed whole, and no time was left to write it down.
func (b board) read(name string) Record {
	record := Record{Phase: waiting}
	text, err := os.ReadFile(b.path(name, ".json"))
	if err != nil || json.Unmarshal(text, &record) != nil {
		return Record{Phase: waiting}
	}
	if record.Phase != stopped && !b.held(name) {
		// It may have written its end between our two looks.
		if text, err = os.ReadFile(b.path(name, ".json")); err == nil {
			_ = json.Unmarshal(text, &record)
		}
		record.Phase = stopped
	}
	return record
}

// write puts a record in one step: readers see the old one or the new one.
func (b board) write(name string, record Record) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	scratch := b.path(name, ".new")
	if err := os.WriteFile(scratch, text, 0o644); err != nil {
		return err
	}
	return os.Rename(scratch, b.path(name, ".json"))
}

// hold takes the container's lock, which the kernel gives back when this process ends, however it ends.
func (b board) hold(name string) (*os.File, error) {
	file, err := os.OpenFile(b.path(name, ".lock"), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, err
	}
	return file, syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
}

// gone says whether a container runs nothing: it has ended, or was never started at all.
func (b board) gone(name string) bool {
	_, err := os.Stat(b.path(name, ".lock"))
	return err != nil || b.read(name).Phase == stopped
}

func (b board) held(name string) bool {
	file, err := os.Open(b.path(name, ".lock"))
	if err != nil {
		return false
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}
