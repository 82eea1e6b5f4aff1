// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// looksPerStall is how often it is looked whether git does anything, in the
// time that it may do nothing.
const looksPerStall = 8

// runAlive runs git, and ends it when it has done nothing for so long: git
// itself waits for ever for another side that has stopped, as long as the
// connection lives. That is transfer.ErrStalled. With 0 it may wait.
func runAlive(ctx context.Context, g git.Runner, stall time.Duration, args ...string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if stall > 0 {
		g.Started = func(pid int) {
			go awaitIdle(ctx, stall, func() (string, bool) { return doings(pid) }, func() { cancel(transfer.ErrStalled) })
		}
	}
	_, err := g.Run(ctx, nil, args...)
	if err != nil && context.Cause(ctx) == transfer.ErrStalled {
		return &git.Error{Args: args, ExitCode: -1, Err: transfer.ErrStalled}
	}
	return err
}

// awaitIdle calls idle once what doings returns has been the same for so long,
// and returns then, or when ctx is done.
func awaitIdle(ctx context.Context, stall time.Duration, doings func() (done string, busy bool), idle func()) {
	before, _ := doings()
	since := time.Now()
	for pause(ctx, stall/looksPerStall) == nil {
		now, busy := doings()
		switch {
		case busy || now != before:
			before, since = now, time.Now()
		case time.Since(since) >= stall:
			idle()
			return
		}
	}
}

// doings returns what a process and its children have done so far: bytes read
// and written, those of pipes included, and processor time. busy says that one
// of them waits for a disk. What the kernel does not tell is taken for busy.
func doings(pid int) (done string, busy bool) {
	dir := fmt.Sprintf("/proc/%d", pid)
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return "", true
	}
	io, err := os.ReadFile(filepath.Join(dir, "io"))
	if err != nil {
		return "", true
	}
	// After the name in brackets, which may have any bytes: the state, and
	// as the 12th and 13th the time for itself and in the kernel.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return "", true
	}
	busy = fields[0] == "D"
	text := fmt.Sprintf("%d %s %s\n%s", pid, fields[11], fields[12], io)
	for _, child := range children(dir) {
		theirs, working := doings(child)
		text, busy = text+theirs, busy || working
	}
	return text, busy
}

func children(dir string) (pids []int) {
	lists, _ := filepath.Glob(filepath.Join(dir, "task", "*", "children"))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, word := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(word); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
