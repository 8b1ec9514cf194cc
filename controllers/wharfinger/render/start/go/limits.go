package main

import (
	"fmt"
	"math"
	"syscall"
)

// Linux' numbers of the limits (include/uapi/asm-generic/resource.h, the same on amd64 and arm64), by Docker's names.
var limitNumbers = map[string]int{
	"cpu": 0, "fsize": 1, "data": 2, "stack": 3, "core": 4, "rss": 5, "nproc": 6, "nofile": 7, "memlock": 8,
	"locks": 10, "sigpending": 11, "msgqueue": 12, "nice": 13, "rtprio": 14, "rttime": 15,
}

// setLimits sets them for this process, from which the command inherits them.
func setLimits(limits []Limit) error {
	for _, limit := range limits {
		number, known := limitNumbers[limit.Name]
		if !known {
			return fmt.Errorf("ulimit %s is unknown", limit.Name)
		}
		value := syscall.Rlimit{Cur: amount(limit.Soft), Max: amount(limit.Hard)}
		if err := syscall.Setrlimit(number, &value); err != nil {
			return fmt.Errorf("ulimit %s=%d:%d: %w (more than the node gives needs the capability SYS_RESOURCE)",
				limit.Name, limit.Soft, limit.Hard, err)
		}
	}
	return nil
}

func amount(value int64) uint64 {
	if value < 0 {
		return math.MaxUint64
	}
	return uint64(value)
}
