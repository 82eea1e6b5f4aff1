// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// tick is the step of the coarsest clock that a file system stamps changes
// with: FAT's.
const tick = 2 * time.Second

// expect returns the stat that path has while it is what the plan saw, from;
// nil for nothing. The error is a *rootfs.ChangedError when it is not.
//
// A file that was last changed well before the plan was made is what the plan
// saw. Any other is compared once more.
func (r *Run) expect(ctx context.Context, path string, from *node.Node) (*rootfs.Info, error) {
	if from == nil && r.hidden(path) {
		return nil, nil
	}
	st, err := r.e.Root.Lstat(path)
	switch {
	case rootfs.Unreachable(err) && from == nil:
		return nil, nil
	case rootfs.Unreachable(err), err == nil && from == nil:
		return nil, &rootfs.ChangedError{Path: path}
	case err != nil:
		return nil, err
	}
	if time.Unix(st.Ctim.Unix()).Before(r.since) {
		return &st, nil
	}
	if from.Type == node.Dir {
		// Whatever is made in a directory changes its mtime, and no plan
		// depends on that.
		from = new(*from)
		from.Mtime = nil
	}
	return r.compareAgain(ctx, path, from, &st)
}

func (r *Run) compareAgain(ctx context.Context, path string, from *node.Node, st *rootfs.Info) (*rootfs.Info, error) {
	changed := false
	scanner := r.e.scanner()
	scanner.Cache = ""
	err := scanner.Compare(ctx, inOrder(map[string]*node.Node{path: from}),
		func(string, *node.Node, *node.Node, node.Aspect) error {
			changed = true
			return nil
		})
	if err != nil {
		return nil, err
	}
	again, err := r.e.Root.Lstat(path)
	if changed || err != nil || again.Ino != st.Ino || again.Dev != st.Dev || again.Ctim != st.Ctim {
		return nil, &rootfs.ChangedError{Path: path}
	}
	return st, nil
}

// coarseNow is the time that a change made a moment ago may have been stamped
// with at the earliest.
func coarseNow() time.Time {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &ts) != nil {
		return time.Time{}
	}
	return time.Unix(ts.Unix()).Add(-tick)
}
