// SPDX-License-Identifier: Apache-2.0

// Command faults-threads makes directories from several threads at once, for
// the test that faults counts the calls of all of them.
//
//	faults-threads <dir> <threads> <directories each>
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
)

func main() {
	if len(os.Args) != 4 {
		os.Exit(129)
	}
	threads, _ := strconv.Atoi(os.Args[2])
	each, _ := strconv.Atoi(os.Args[3])
	var all sync.WaitGroup
	for t := range threads {
		all.Go(func() {
			runtime.LockOSThread() // a thread of its own
			for i := range each {
				_ = os.Mkdir(filepath.Join(os.Args[1], fmt.Sprintf("%d-%d", t, i)), 0o777)
			}
		})
	}
	all.Wait()
}
