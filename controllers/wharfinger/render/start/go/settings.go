package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Condition is how far a dependency must be: ECS's ContainerCondition.
type Condition string

const (
	start    Condition = "START"
	healthy  Condition = "HEALTHY"
	complete Condition = "COMPLETE"
	success  Condition = "SUCCESS"
)

// Settings are what one container of the task has to know. Times are seconds.
type Settings struct {
	Directory   string       `json:"directory"` // shared by the containers of the task
	Name        string       `json:"name"`
	DependsOn   []Dependency `json:"dependsOn,omitempty"`
	Dependents  []string     `json:"dependents,omitempty"` // who depends on it, and so stops before it
	Essential   []string     `json:"essential,omitempty"`  // all essential containers of the task, this one included
	StopTimeout float64      `json:"stopTimeout"`          // from SIGTERM to SIGKILL
	// Linger keeps the container until the task ends although its command has ended: a pod with an ended container is
	// not Ready, and its Services would send it nothing.
	Linger  bool     `json:"linger,omitempty"`
	Restart *Restart `json:"restart,omitempty"`
	Limits  []Limit  `json:"limits,omitempty"`
	Check   *Check   `json:"check,omitempty"` // only where somebody waits for HEALTHY
}

// Dependency is a container that must be so far before this one starts.
type Dependency struct {
	Name      string    `json:"name"`
	Condition Condition `json:"condition"`
	// Timeout is the dependency's startTimeout, from its start; 0 is for ever.
	Timeout float64 `json:"timeout,omitempty"`
}

// Restart is ECS's ContainerRestartPolicy.
type Restart struct {
	IgnoredExitCodes []int   `json:"ignoredExitCodes,omitempty"`
	AttemptPeriod    float64 `json:"attemptPeriod"`
}

// Limit is a resource limit; -1 is unlimited.
type Limit struct {
	Name string `json:"name"`
	Soft int64  `json:"soft"`
	Hard int64  `json:"hard"`
}

// Check is a health check, one of its three forms.
type Check struct {
	Exec     []string          `json:"exec,omitempty"`
	HTTP     string            `json:"http,omitempty"` // URL
	TCP      string            `json:"tcp,omitempty"`  // host:port
	Headers  map[string]string `json:"headers,omitempty"`
	Interval float64           `json:"interval"`
	Timeout  float64           `json:"timeout"`
}

func parseSettings(text string) (*Settings, error) {
	decoder := json.NewDecoder(bytes.NewBufferString(text))
	decoder.DisallowUnknownFields()
	settings := &Settings{}
	if err := decoder.Decode(settings); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	if settings.Directory == "" || settings.Name == "" {
		return nil, fmt.Errorf("settings: directory and name are needed")
	}
	return settings, nil
}

func seconds(value float64) time.Duration {
	return time.Duration(value * float64(time.Second))
}
