// SPDX-License-Identifier: Apache-2.0

// Command explained compares a plan with the system calls that did it.
//
//	explained <root> <plan> <trace>
//
// plan is what git devops apply -n --json has printed, trace what strace -f -y
// has written. Each path below the root that a call changed must be a step's,
// in the plan's order, and each step that changes the root must have been
// seen. Temporaries do not count. What differs is printed, and the exit code
// is 1.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: explained <root> <plan> <trace>")
		os.Exit(129)
	}
	same, err := run(os.Args[1], os.Args[2], os.Args[3])
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "explained:", err)
		os.Exit(128)
	case !same:
		os.Exit(1)
	}
}

func run(root, planFile, traceFile string) (bool, error) {
	planned, err := readPlan(planFile)
	if err != nil {
		return false, err
	}
	seen, err := readTrace(root, traceFile)
	if err != nil {
		return false, err
	}
	return compare(planned, seen), nil
}

// A change is what becomes of one path.
type change struct {
	what string // put, take or set
	path string
}

// changes are in order, but for directories that are made where nothing was:
// they come when the first file is to be staged in them.
type changes struct {
	inOrder []change
	made    map[string]bool
}

func compare(planned, seen changes) bool {
	same := true
	differ := func(format string, args ...any) {
		same = false
		fmt.Printf(format+"\n", args...)
	}
	for path := range planned.made {
		if !seen.made[path] {
			differ("mkdir %q: not seen", path)
		}
	}
	for path := range seen.made {
		if !planned.made[path] {
			differ("mkdir %q: not planned", path)
		}
	}
	for i := range max(len(planned.inOrder), len(seen.inOrder)) {
		var p, s change
		if i < len(planned.inOrder) {
			p = planned.inOrder[i]
		}
		if i < len(seen.inOrder) {
			s = seen.inOrder[i]
		}
		if p != s {
			differ("step %d: planned is %s %q, seen %s %q", i+1, p.what, p.path, s.what, s.path)
			break
		}
	}
	return same
}
