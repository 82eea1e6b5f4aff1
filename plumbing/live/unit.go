// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A unit is some paths in a row that one goroutine looks at.
type unit struct {
	items   []item
	cached  bool // the items are those of a block of the cache
	block   int
	changed bool // an item is not as the cache has it
	err     error
	done    chan struct{}
}

// An item is one path on its way through a scan.
type item struct {
	path string
	want *node.Node
	old  *entry // what the cache has, or nil

	found     entry
	live      *node.Node // without Link
	unchanged bool       // all is as wanted; live and want are not needed
	// implied: live is a link that will do for an implied directory.
	implied bool
	// linkAsWanted: live has the same inode as what lies at want.Link.
	linkAsWanted bool
}

// linked tells of a file that has other names.
func (it *item) linked() bool {
	return it.found.id.Mode&unix.S_IFMT == unix.S_IFREG && it.found.id.Nlink > 1
}

// compare says in what live differs from want.
func (it *item) compare() node.Aspect {
	if it.implied {
		return 0
	}
	return node.Diff(it.want, it.live)
}

// links are the first names of files that have several.
type links map[[2]uint64]string

// first returns the first name of the same file, "" when it is the entry's.
func (l links) first(e *entry) string {
	key := [2]uint64{e.id.Dev, e.id.Ino}
	first, ok := l[key]
	if !ok {
		l[key] = e.path
	}
	return first
}

// A wanted is a tree that is loaded when it is first needed.
type wanted struct {
	load   func() (Tree, error)
	lookup func(path string) (*node.Node, error) // or nil
	once   sync.Once
	t      Tree
	err    error
	mu     sync.Mutex
}

func (w *wanted) tree() (Tree, error) {
	w.once.Do(func() { w.t, w.err = w.load() })
	return w.t, w.err
}

func (w *wanted) get(path string) (*node.Node, error) {
	if w.lookup != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.lookup(path)
	}
	t, err := w.tree()
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return t.Get(path), nil
}

// each has the units that produce gives looked at on all cores, and calls fn
// for one after the other.
func (r *run) each(ctx context.Context, produce iter.Seq[*unit], fn func(*unit) error) error {
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	work, order := make(chan *unit, workers), make(chan *unit, 4*workers)
	group.Go(func() error { return hand(ctx, produce, order, work) })
	for range workers {
		group.Go(func() error {
			l := newLooker(r)
			defer l.close()
			for u := range work {
				u.err = l.look(ctx, u)
				close(u.done)
			}
			return nil
		})
	}
	group.Go(func() error { return collect(ctx, order, fn) })
	return group.Wait()
}

// hand gives each unit to all of the channels, which it closes at the end.
func hand(ctx context.Context, produce iter.Seq[*unit], to ...chan<- *unit) error {
	defer func() {
		for _, c := range to {
			close(c)
		}
	}()
	for u := range produce {
		u.done = make(chan struct{})
		for _, c := range to {
			select {
			case c <- u:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// collect calls fn for each unit when it was looked at.
func collect(ctx context.Context, order <-chan *unit, fn func(*unit) error) error {
	for u := range order {
		select {
		case <-u.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if u.err != nil {
			return u.err
		}
		if err := fn(u); err != nil {
			return err
		}
	}
	return nil
}
