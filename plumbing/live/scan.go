// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"iter"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// Names are the names of owners in a root; see package accounts.
type Names interface {
	Owner(uid uint32) string
	Group(gid uint32) string
}

// A Tree is what a root should be, as package roottree reads it.
type Tree interface {
	// Nodes gives every managed path, in the order of node.ComparePaths.
	Nodes() iter.Seq2[string, node.Node]
	// Get returns the node at a path, nil for nothing.
	Get(path string) *node.Node
}

// A Written is what somebody who has just written a file, or read it, knows of
// it.
type Written struct {
	ID      Identity
	Content chunkstore.ID
	Large   bool
}

// A Scanner compares a root with trees.
type Scanner struct {
	Root  *rootfs.Root
	Names Names
	// Params are how a large file is cut whose content is not what is wanted.
	Params chunkstore.Params
	// Previous returns a manifest by its id, or nil. Content that it describes
	// is what is wanted, however that is cut; and it spares time where a large
	// file has changed. It may be nil itself: then Params count alone.
	Previous func(id chunkstore.ID) *chunkstore.Manifest
	// Size returns how many bytes a file has whose content has that id, if that
	// is known. It spares the reading of files that have far more. It may be nil.
	Size func(content chunkstore.ID, large bool) (bytes int64, ok bool)
	// Lookup returns what the tree of a Scan has at a path, as its Get does, for
	// less than loading it takes. It is called by one goroutine at a time, and
	// may be nil.
	Lookup func(path string) (*node.Node, error)
	// Cache is the path of the stat cache, "" for none: then everything is
	// read.
	Cache string
	// Written returns what is known of the file at a path. What was written
	// before the scan began need not be read. It may be nil.
	Written func(path string) (Written, bool)
	// Progress is told the number of bytes of content just read, from several
	// goroutines. It may be nil.
	Progress func(n int64)
}

// A Report is called for a path where want and live differ, in the order of
// node.ComparePaths. live is nil where nothing lies there.
type Report func(path string, want, live *node.Node, aspects node.Aspect) error

// Scan reports the paths at which the root differs from the tree id, which
// load reads when it is needed. The cache then knows that tree: without
// changes, the next Scan for it costs an lstat a path and load is not called.
//
// Paths that the tree does not have are not looked at. What lies behind a
// symbolic link that is not safe to follow is not there.
func (s *Scanner) Scan(ctx context.Context, id chunkstore.ID, load func() (Tree, error), fn Report) error {
	r := s.newRun(fn)
	defer r.close()
	r.tree, r.load = id, load
	if s.Cache != "" {
		r.cache, _ = openCache(s.Cache) // any other is written anew
	}
	err := r.scan(ctx)
	if err == nil && r.out != nil {
		r.saved(r.out.commit(id))
	}
	return err
}

// Compare is Scan for some nodes in the order of node.ComparePaths. It takes
// what the cache knows, and leaves it alone.
func (s *Scanner) Compare(ctx context.Context, want iter.Seq2[string, node.Node], fn Report) error {
	r := s.newRun(fn)
	defer r.close()
	if s.Cache != "" {
		r.cache, _ = openCache(s.Cache)
	}
	return r.compare(ctx, want)
}

// A run is one scan.
type run struct {
	*Scanner
	report Report
	since  Time // when it began
	tree   chunkstore.ID
	load   func() (Tree, error)
	want   *wanted
	cache  *cacheFile // nil for none
	keep   bool       // the cache is written
	out    *cacheWriter
	links  links
	large  chan struct{} // one large file at a time: it takes all cores
	last   string        // the path that was last finished
	blocks int           // of the cache that are finished
}

func (s *Scanner) newRun(fn Report) *run {
	return &run{Scanner: s, report: fn, since: Now(), links: links{}, large: make(chan struct{}, 1)}
}

func (r *run) close() {
	if r.cache != nil {
		r.cache.close()
	}
	if r.out != nil {
		r.out.drop()
	}
}

// saved takes the error of writing the cache. It stops that alone: the next
// scan takes longer.
func (r *run) saved(err error) {
	if err != nil && r.out != nil {
		r.out.drop()
		r.out = nil
	}
	r.keep = r.keep && err == nil
}

func (r *run) scan(ctx context.Context) error {
	r.keep = r.Cache != ""
	r.want = &wanted{load: r.load, lookup: r.Lookup}
	if r.cache != nil && r.cache.tree == r.tree && !r.tree.IsZero() && r.cache.named(r.Names) {
		err := r.revisit(ctx)
		if !errors.Is(err, errCache) {
			return err
		}
		// The rest goes on without it.
		r.create()
		r.cache.close()
		r.cache = nil
	}
	tree, err := r.want.tree()
	if err != nil {
		return err
	}
	r.create()
	return r.compare(ctx, tree.Nodes())
}

// create begins a new cache with the blocks that were finished, unless it has
// begun.
func (r *run) create() {
	if !r.keep || r.out != nil {
		return
	}
	out, err := createCache(r.Cache, r.Names)
	if r.out = out; err == nil {
		err = out.copyBlocks(r.cache, r.blocks)
	}
	r.saved(err)
}

// revisit compares the paths of the cache, which are those of the tree.
func (r *run) revisit(ctx context.Context) error {
	produce := func(yield func(*unit) bool) {
		for i := range r.cache.blocks {
			if !yield(&unit{block: i, cached: true}) {
				return
			}
		}
	}
	return r.each(ctx, produce, func(u *unit) error {
		if u.changed {
			r.create()
		}
		err := r.finish(u)
		r.blocks++
		return err
	})
}

// compare compares the nodes after the path that was last finished.
func (r *run) compare(ctx context.Context, want iter.Seq2[string, node.Node]) error {
	known := &cacheReader{cache: r.cache}
	done := r.last
	produce := func(yield func(*unit) bool) {
		u := &unit{}
		for path, n := range want {
			if done != "" && node.ComparePaths(path, done) <= 0 {
				continue
			}
			u.items = append(u.items, item{path: path, want: &n, old: known.find(path)})
			if len(u.items) < blockEntries {
				continue
			}
			if !yield(u) {
				return
			}
			u = &unit{}
		}
		yield(u)
	}
	return r.each(ctx, produce, r.finish)
}

// finish reports the items of a unit, and keeps them for the next scan.
func (r *run) finish(u *unit) error {
	for i := range u.items {
		it := &u.items[i]
		if err := r.finishItem(it); err != nil {
			return err
		}
		r.last = it.path
		if r.out != nil {
			r.saved(r.out.add(&it.found))
		}
	}
	return nil
}

// finishItem does what asks for the order of paths: only now it is known which
// name of a file comes first.
func (r *run) finishItem(it *item) error {
	var first string
	if it.linked() {
		first = r.links.first(&it.found)
	}
	if it.unchanged {
		return nil
	}
	if it.live != nil {
		it.live.Link = first
		if it.linkAsWanted {
			it.live.Link = it.want.Link
		}
	}
	aspects := it.compare()
	if aspects == 0 {
		if !it.implied { // where that link leads its identity does not tell
			it.found.flags |= flagAs
		}
		return nil
	}
	return r.report(it.path, it.want, it.live, aspects)
}
