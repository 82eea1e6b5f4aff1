// SPDX-License-Identifier: Apache-2.0

package live

import (
	"iter"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

// A Memory is what was found at a path when it was read.
type Memory struct {
	Path    string
	ID      Identity      // from before it was read
	Content chunkstore.ID // of a file or symbolic link
	Large   bool
	Xattrs  []node.Xattr
	// Mtime: the tree says when it was modified.
	Mtime bool
}

func (m *Memory) entry(since Time) entry {
	e := entry{path: m.Path, id: m.ID, content: m.Content, flags: flagAs}
	set := func(on bool, f flags) {
		if on {
			e.flags |= f
		}
	}
	set(m.ID.settled(since), flagSettled)
	set(!m.Content.IsZero(), flagContent)
	set(m.Large, flagLarge)
	set(m.Mtime, flagMtime)
	if len(m.Xattrs) > 0 {
		e.flags |= flagXattrs
		e.xattrs = xattrsID(m.Xattrs)
	}
	return e
}

// A Change is how a tree came to be from another.
type Change struct {
	// From is the tree before, zero for one without a path.
	From, To chunkstore.ID
	// Since is Now from before anything was looked at.
	Since Time
	// Read is what was captured, sorted by node.ComparePaths: the root is at
	// these paths as To has it.
	Read iter.Seq[Memory]
	// Within tells whether Read has a path, if To has it.
	Within func(path string) bool
}

// Remember makes the cache that of the tree after a change, if it is that of
// the tree before. An error means only that the next Scan takes longer.
func (s *Scanner) Remember(c Change) error {
	old, err := openCache(s.Cache)
	if err != nil || c.From.IsZero() {
		old = nil
	}
	if old != nil {
		defer old.close()
	}
	if !c.From.IsZero() && (old == nil || old.tree != c.From || !old.named(s.Names)) {
		return err
	}
	out, err := createCache(s.Cache, s.Names)
	if err != nil {
		return err
	}
	defer out.drop()
	if err := c.merge(&cacheReader{cache: old}, out); err != nil {
		return err
	}
	return out.commit(c.To)
}

// merge writes what the cache had, with the change.
func (c *Change) merge(old *cacheReader, out *cacheWriter) error {
	keep := func(e *entry) error {
		if c.Within(e.path) {
			return nil
		}
		return out.add(e)
	}
	for m := range c.Read {
		for e := old.peek(); e != nil && node.ComparePaths(e.path, m.Path) < 0; e = old.peek() {
			if err := keep(e); err != nil {
				return err
			}
			old.skip()
		}
		if e := old.peek(); e != nil && e.path == m.Path {
			old.skip()
		}
		e := m.entry(c.Since)
		if err := out.add(&e); err != nil {
			return err
		}
	}
	for e := old.peek(); e != nil; e = old.peek() {
		if err := keep(e); err != nil {
			return err
		}
		old.skip()
	}
	return old.err
}

// A Cache is the stat cache to look things up in.
type Cache struct{ cacheReader }

// OpenCache opens the cache at path. A damaged or missing one knows nothing.
func OpenCache(path string) *Cache {
	c, _ := openCache(path)
	return &Cache{cacheReader{cache: c}}
}

// Close ends the use of the cache.
func (c *Cache) Close() {
	if c.cache != nil {
		c.cache.close()
	}
}

// Find returns what the cache knows of a path, which comes after the paths that
// it was asked for before. While the file there has that identity, it has that
// content; extended attributes are not told.
func (c *Cache) Find(path string) (Memory, bool) {
	e := c.find(path)
	if e == nil || !e.flags.has(flagSettled) || e.flags.has(flagAbsent) {
		return Memory{}, false
	}
	return Memory{Path: path, ID: e.id, Content: e.content, Large: e.flags.has(flagLarge)}, true
}

// Files calls fn for the content of each file that the cache knows, as far as
// the cache is not damaged. What was large was stored as a manifest.
func (c *Cache) Files(fn func(content chunkstore.ID, large bool)) {
	for e := c.peek(); e != nil; e = c.peek() {
		if e.flags.has(flagAs|flagContent) && e.id.Mode&unix.S_IFMT == unix.S_IFREG {
			fn(e.content, e.flags.has(flagLarge))
		}
		c.skip()
	}
}
