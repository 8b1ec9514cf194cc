package main

import (
	"fmt"
	"os"
)

// terminationLog is where the kubelet looks for a container's last words: they stand in the pod's status.
const terminationLog = "/dev/termination-log"

// explain says why a container ended that did nothing wrong itself, unless its command has said something already.
func explain(why string) {
	file, err := os.OpenFile(terminationLog, os.O_WRONLY, 0)
	if err != nil {
		return // no kubelet asks
	}
	defer file.Close()
	if about, err := file.Stat(); err == nil && about.Mode().IsRegular() && about.Size() == 0 {
		fmt.Fprintf(file, "%s: %s\n", programName, why)
	}
}
