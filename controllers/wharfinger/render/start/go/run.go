package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// pollInterval is how often the board is looked at. Not inotify: a node has 128 of these a user, for all its pods.
const pollInterval = 100 * time.Millisecond

var stopSignals = []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.Signal(37)} // 37: SIGRTMIN+3
var passedOn = []os.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH}

// container is one container of the task, this one.
type container struct {
	*Settings
	board
	command []string
	record  Record
	// stopping is done when the task ends or this container is told to stop; its cause may be the signal that said so.
	stopping context.Context
}

// toldBy is the cause of a stop that a signal asked for.
type toldBy struct{ signal os.Signal }

func (t toldBy) Error() string { return t.signal.String() }

// endedBefore is the cause of a stop that follows from the end of an essential container, whose name it is.
type endedBefore string

func (e endedBefore) Error() string { return fmt.Sprintf("stopped with the task: %s ended", string(e)) }

// run is the life of the container: wait, run, stop when it is its turn. It returns the exit status.
func run(settings *Settings, command []string) int {
	if os.Getpid() == 1 {
		go children.buryOrphans()
	}
	c := &container{Settings: settings, board: board{settings.Directory}, command: command}
	c.record.Phase = waiting
	if _, err := c.hold(c.Name); err != nil {
		return report(fmt.Errorf("%s: %w", settings.Directory, err))
	}
	if err := c.tell(); err != nil {
		return report(err)
	}
	stopping, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	c.stopping = stopping
	go c.listen(stop)
	go c.watchTask(stop)

	code := c.live()
	c.record.Phase, c.record.Code = stopped, &code
	if err := c.tell(); err != nil {
		report(err)
	}
	if c.Linger {
		<-c.stopping.Done()
	}
	return code
}

func (c *container) tell() error { return c.write(c.Name, c.record) }

func (c *container) live() int {
	if why := c.awaitDependencies(); why != "" {
		report(fmt.Errorf("%s is not started: %s", c.Name, why))
		explain("not started: " + why)
		return neverRan
	}
	if err := setLimits(c.Limits); err != nil {
		report(err)
		return cannotRun
	}
	for last := time.Now(); ; last = time.Now() {
		code := c.once()
		if c.stopping.Err() == nil && c.restarts(code, time.Since(last)) {
			continue
		}
		if before := endedBefore(""); errors.As(context.Cause(c.stopping), &before) {
			explain(before.Error())
		}
		return code
	}
}

// listen takes the signals that stop a container.
func (c *container) listen(stop context.CancelCauseFunc) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, stopSignals...)
	stop(toldBy{<-told})
}

// watchTask ends the container when an essential one of its task has ended.
func (c *container) watchTask(stop context.CancelCauseFunc) {
	for range time.Tick(pollInterval) {
		for _, name := range c.Essential {
			if name != c.Name && c.read(name).Phase == stopped {
				stop(endedBefore(name))
				return
			}
		}
	}
}

// awaitDependencies returns why the command shall not run; nothing if it shall.
func (c *container) awaitDependencies() string {
	open := slices.Clone(c.DependsOn)
	for {
		if c.stopping.Err() != nil {
			return "the task is being stopped"
		}
		var left []Dependency
		for _, dependency := range open {
			switch verdict, why := judge(dependency, c.read(dependency.Name), time.Now()); verdict {
			case giveUp:
				return why
			case wait:
				left = append(left, dependency) // what was met once is met, as with the agent: only the start waits
			}
		}
		if open = left; len(open) == 0 {
			return ""
		}
		time.Sleep(pollInterval)
	}
}

// restarts applies ECS's restart policy (agent/engine/restart_tracker.go).
func (c *container) restarts(code int, ran time.Duration) bool {
	return c.Restart != nil && !slices.Contains(c.Restart.IgnoredExitCodes, code) && ran >= seconds(c.Restart.AttemptPeriod)
}

// once runs the command to its end.
func (c *container) once() int {
	process := exec.Command(c.command[0], c.command[1:]...)
	process.Stdin, process.Stdout, process.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := children.start(process); err != nil {
		report(err)
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			return notFound
		}
		return cannotRun
	}
	c.record.Phase, c.record.Ran, c.record.StartedAt = running, true, time.Now()
	if err := c.tell(); err != nil {
		report(err)
	}
	ended := make(chan struct{})
	go c.passSignals(process, ended)
	go c.stopInTurn(process, ended)
	healthy := c.watchHealth(ended)
	err := children.wait(process)
	close(ended)
	<-healthy
	return exitCode(process, err)
}

func (c *container) passSignals(process *exec.Cmd, ended <-chan struct{}) {
	told := make(chan os.Signal, 4)
	signal.Notify(told, passedOn...)
	defer signal.Stop(told)
	for {
		select {
		case one := <-told:
			_ = process.Process.Signal(one)
		case <-ended:
			return
		}
	}
}

// stopInTurn waits for the wish to stop, then for those that depend on this container to be gone, then stops it.
func (c *container) stopInTurn(process *exec.Cmd, ended <-chan struct{}) {
	select {
	case <-c.stopping.Done():
	case <-ended:
		return
	}
	for !c.freed() {
		select {
		case <-time.After(pollInterval):
		case <-ended:
			return
		}
	}
	_ = process.Process.Signal(c.stopSignal())
	select {
	case <-time.After(seconds(c.StopTimeout)):
		_ = process.Process.Kill()
	case <-ended:
	}
}

// stopSignal is the one that we were stopped with, which is the image's own; SIGTERM if another container's end stops us.
func (c *container) stopSignal() os.Signal {
	var told toldBy
	if errors.As(context.Cause(c.stopping), &told) {
		return told.signal
	}
	return syscall.SIGTERM
}

func (c *container) freed() bool {
	return !slices.ContainsFunc(c.Dependents, func(name string) bool { return !c.gone(name) })
}

// watchHealth checks while the command runs, until it is healthy once. The channel closes when nothing is told any more.
func (c *container) watchHealth(ended <-chan struct{}) <-chan struct{} {
	done := make(chan struct{})
	if c.Check == nil {
		close(done)
		return done
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-ended; cancel() }()
	go func() {
		defer close(done)
		if !untilHealthy(ctx, *c.Check) {
			return
		}
		c.record.Healthy = true
		if err := c.tell(); err != nil {
			report(err)
		}
	}()
	return done
}

// exitCode is a shell's and Docker's: 128 and the signal for what was killed.
func exitCode(process *exec.Cmd, err error) int {
	if status, ok := process.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	if err != nil && process.ProcessState.ExitCode() < 0 {
		return 1
	}
	return process.ProcessState.ExitCode()
}
