// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A candidate is a path that is captured.
type candidate struct {
	path   string
	id     live.Identity
	parent bool // it only leads to what was named
	large  bool
	named  bool // an attribute says that it is large

	link    string // the first name of the same file, "" for that one itself
	content chunkstore.ID
	xattrs  []node.Xattr
	stored  int64
	changed bool // not as the index and .devops/mtree have it
}

func (c *candidate) kind() uint32 { return c.id.Mode & unix.S_IFMT }

// isBlob tells whether git has room for it: a file or a symbolic link.
func (c *candidate) isBlob() bool { return c.kind() == unix.S_IFREG || c.kind() == unix.S_IFLNK }

// mode is git's.
func (c *candidate) mode() uint32 {
	switch {
	case c.kind() == unix.S_IFLNK:
		return repo.ModeLink
	case c.executable():
		return repo.ModeExecutable
	}
	return repo.ModeFile
}

func (c *candidate) executable() bool { return c.kind() == unix.S_IFREG && c.id.Mode&0o100 != 0 }

// entry is what the index is to have.
func (c *candidate) entry() repo.Entry {
	return repo.Entry{Path: c.path, Mode: c.mode(), ID: c.content, Stat: c.stat()}
}

// stat is what the index remembers of the file.
func (c *candidate) stat() repo.Stat {
	return repo.StatOf(&syscall.Stat_t{
		Dev: c.id.Dev, Ino: c.id.Ino, Uid: c.id.UID, Gid: c.id.GID, Size: c.id.Size,
		Mtim: syscall.Timespec{Sec: c.id.Mtime.Sec, Nsec: int64(c.id.Mtime.Nsec)},
		Ctim: syscall.Timespec{Sec: c.id.Ctime.Sec, Nsec: int64(c.id.Ctime.Nsec)},
	})
}

// node is what the tree is to have.
func (r *run) node(c *candidate) node.Node {
	n := c.id.Node()
	n.Owner, n.Group = r.Names.Owner(c.id.UID), r.Names.Group(c.id.GID)
	if !r.Mtimes {
		n.Mtime = nil
	}
	n.Xattrs, n.Link = c.xattrs, c.link
	n.Content, n.Large = c.content, c.large
	return n
}

// size is that of a file's content, bytes.
func (c *candidate) size() int64 {
	if c.kind() != unix.S_IFREG {
		return 0
	}
	return c.id.Size
}

// differs guesses, without reading anything, whether the index has something
// else.
func (r *run) differs(c *candidate) bool {
	if !c.isBlob() {
		e, had := r.spec.Get(c.path)
		return !c.parent && (!had || e.Type != c.id.Node().Type)
	}
	i, ok := r.index.Find(c.path)
	return !ok || r.index.Entries[i].Mode != c.mode() || r.index.Entries[i].Stat != c.stat()
}
