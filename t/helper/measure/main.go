// SPDX-License-Identifier: Apache-2.0

// Command measure runs a command and prints what it took, in one line on
// standard error: wall seconds, CPU seconds, peak resident MiB.
//
//	measure COMMAND [ARGUMENT...]
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: measure COMMAND [ARGUMENT...]")
		os.Exit(129)
	}
	c := exec.Command(os.Args[1], os.Args[2:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	err := c.Run()
	wall := time.Since(start)
	if c.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(128)
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	fmt.Fprintf(os.Stderr, "%.3f %.3f %d\n", wall.Seconds(), cpu.Seconds(), usage.Maxrss>>10)
	os.Exit(max(c.ProcessState.ExitCode(), 0))
}
