package main

import (
	"fmt"
	"time"
)

// Verdict is what a container that waits for its dependencies shall do.
type Verdict int

const (
	wait Verdict = iota
	proceed
	giveUp
)

// judge says whether a dependency is so far. These are the ECS agent's rules (agent/engine/dependencygraph): START is
// met by a container that runs or has ended; COMPLETE by any end, SUCCESS by one with 0, HEALTHY by its check. What can
// never be met any more ends the waiting, and so does the dependency's own start timeout.
func judge(dependency Dependency, record Record, now time.Time) (Verdict, string) {
	if met(dependency.Condition, record) {
		return proceed, ""
	}
	if why := impossible(dependency, record); why != "" {
		return giveUp, why
	}
	if dependency.Condition != start && dependency.Timeout > 0 && record.Ran &&
		now.Sub(record.StartedAt) >= seconds(dependency.Timeout) {
		return giveUp, fmt.Sprintf("%s was not %s within %gs of its start", dependency.Name, dependency.Condition, dependency.Timeout)
	}
	return wait, ""
}

func met(condition Condition, record Record) bool {
	ended := record.Phase == stopped
	switch condition {
	case start:
		return record.Phase == running || ended && record.Ran
	case healthy:
		return record.Healthy && !ended
	case complete:
		return ended && record.Ran
	case success:
		return ended && record.Ran && record.Code != nil && *record.Code == 0
	}
	return false
}

func impossible(dependency Dependency, record Record) string {
	switch {
	case record.Phase != stopped:
		return ""
	case !record.Ran:
		return fmt.Sprintf("%s never ran", dependency.Name)
	case dependency.Condition == success:
		return fmt.Sprintf("%s did not end with 0", dependency.Name)
	case dependency.Condition == healthy:
		return fmt.Sprintf("%s ended", dependency.Name)
	}
	return ""
}
