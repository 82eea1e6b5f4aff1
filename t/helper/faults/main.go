// SPDX-License-Identifier: Apache-2.0

// Command faults runs a command and makes one of its system calls fail, or
// kills it there: the tool behind crash_points and its like in test-lib.sh.
//
//	faults [-at <n>] [-error <errno>] [-sticky] [-term] [-below <dir>]
//	       [-report <file>] [--] <command>
//
// It numbers the calls that change a file system, of the command and of all
// its descendants together, from 1. Just before call <n> is made, everything
// is killed with SIGKILL; with -error the call is not made and returns that
// errno instead (with -sticky, every later one too); with -term the command
// gets SIGTERM and the call is made. The report gets one line,
// "<n> <call> <path>", if call <n> was reached and stays empty otherwise. The
// exit code is that of the command, or 128 plus the signal that ended it.
//
// Why not strace, which can inject as well: its when=<n> counts for each
// thread, and which thread of a Go program makes a call is a matter of luck,
// so that some calls would never be the n-th of any thread. Here one
// supervisor sees the calls of all threads in one order (seccomp's user
// notification, Linux 5.5).
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// stageTwo marks the process that becomes the command.
const stageTwo = "GIT_DEVOPS_FAULTS_STAGE_TWO"

type options struct {
	at     int
	errno  unix.Errno // 0: kill
	sticky bool
	term   bool   // SIGTERM in place of SIGKILL
	below  string // only calls on paths below it
	report string
}

func main() {
	if os.Getenv(stageTwo) != "" {
		die(become(os.Args[1:]))
	}
	var o options
	name := flag.String("error", "", "errno to return instead of being killed: ENOSPC, EIO, EDQUOT or EROFS")
	flag.IntVar(&o.at, "at", 0, "number of the call; 0 never")
	flag.BoolVar(&o.sticky, "sticky", false, "fail every later call too")
	flag.BoolVar(&o.term, "term", false, "ask the command to end")
	flag.StringVar(&o.below, "below", "", "count only calls on paths below this directory")
	flag.StringVar(&o.report, "report", "", "file for what was hit")
	flag.Parse()
	var known bool
	o.errno, known = map[string]unix.Errno{
		"": 0, "ENOSPC": unix.ENOSPC, "EIO": unix.EIO, "EDQUOT": unix.EDQUOT, "EROFS": unix.EROFS,
	}[*name]
	if !known || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(129)
	}
	code, err := run(o, flag.Args())
	if err != nil {
		die(err)
	}
	os.Exit(code)
}

func die(err error) {
	fmt.Fprintln(os.Stderr, "faults:", err)
	os.Exit(128)
}

// run starts the command under a filter and supervises it until the last of
// its descendants is gone.
func run(o options, command []string) (code int, err error) {
	// Whoever is orphaned is waited for, too: only then are its locks gone.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, command...)
	cmd.Env = append(os.Environ(), stageTwo+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{theirs}
	// Its own group, so that all of it can be killed at once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	theirs.Close()
	signal.Ignore(os.Interrupt)
	listener, err := receiveFD(ours)
	if err != nil {
		return 0, errors.Join(err, cmd.Wait())
	}
	s := supervisor{options: o, listener: listener, group: cmd.Process.Pid}
	if err := s.serve(); err != nil {
		return 0, err
	}
	code = exitCode(cmd)
	waitForAll()
	return code, s.writeReport()
}

// waitForAll waits for the orphans that the command has left.
func waitForAll() {
	for {
		if _, err := unix.Wait4(-1, nil, 0, nil); err != nil && err != unix.EINTR {
			return
		}
	}
}

func exitCode(cmd *exec.Cmd) int {
	_ = cmd.Wait() // what matters is in the state
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
