// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// A looker looks at paths. It keeps the directory of the path before open. It
// serves one goroutine.
type looker struct {
	*run
	names  cachedNames
	dir    *rootfs.Dir
	path   string // of dir
	err    error  // why dir is nil, if it was opened
	reader reader
	block  []byte
}

func newLooker(r *run) *looker {
	return &looker{run: r, names: newCachedNames(r.Names), reader: newReader(r)}
}

func (l *looker) close() {
	if l.dir != nil {
		l.dir.Close()
	}
}

// enter opens a directory.
func (l *looker) enter(path string) (*rootfs.Dir, error) {
	if path == l.path {
		return l.dir, l.err
	}
	l.close()
	l.dir, l.err = l.Root.OpenDir(path)
	l.path = path
	return l.dir, l.err
}

// look looks at the items of a unit.
func (l *looker) look(ctx context.Context, u *unit) error {
	if u.cached {
		if err := l.readBlock(u); err != nil {
			return err
		}
	}
	for i := range u.items {
		if err := ctx.Err(); err != nil {
			return err
		}
		it := &u.items[i]
		if err := l.item(ctx, it); err != nil {
			return err
		}
		u.changed = u.changed || it.old == nil || it.found.flags&^flagAs != it.old.flags&^flagAs || it.found.id != it.old.id
	}
	return nil
}

// readBlock makes the items of a block of the cache.
func (l *looker) readBlock(u *unit) error {
	b, err := l.cache.read(l.cache.blocks[u.block], l.block)
	if err != nil {
		return err
	}
	l.block = b
	entries, err := decodeBlock(b, make([]entry, 0, blockEntries))
	if err != nil {
		return err
	}
	u.items = make([]item, len(entries))
	for i := range entries {
		u.items[i] = item{path: entries[i].path, old: &entries[i]}
	}
	return nil
}

// attempts is how often a path is looked at that is something else each time.
const attempts = 8

// item looks at one path.
func (l *looker) item(ctx context.Context, it *item) error {
	for range attempts {
		err := l.lookAt(ctx, it)
		if !errors.Is(err, errAgain) && !rootfs.Unreachable(err) {
			return err
		}
	}
	return fmt.Errorf("%s: %w", it.path, largefile.ErrChanged)
}

func (l *looker) lookAt(ctx context.Context, it *item) error {
	dir, name := node.SplitPath(it.path)
	d, err := l.enter(dir)
	var st unix.Stat_t
	if err == nil {
		err = d.Lstat(name, &st)
	}
	it.found, it.live = entry{path: it.path}, nil
	switch {
	case rootfs.Unreachable(err):
		it.found.flags = flagAbsent
		return l.wish(it)
	case err != nil:
		return err
	}
	it.found.id = IdentityOf(&st)
	if it.recall() && it.want == nil && it.old.flags.has(flagAs) {
		it.found.flags |= flagAs
		it.unchanged = true
		return nil
	}
	if it.found.id.settled(l.since) {
		it.found.flags |= flagSettled
	}
	at := &place{ctx: ctx, dir: d, name: name}
	defer at.close()
	if it.want == nil && it.old.flags.has(flagAs) {
		it.unchanged, err = l.still(at, it)
		if it.unchanged || err != nil {
			return err
		}
	}
	if err := l.wish(it); err != nil {
		return err
	}
	return l.meet(at, it)
}

// recall takes from the cache what it knows of the very file that was found.
func (it *item) recall() bool {
	old := it.old
	if old == nil || old.flags.has(flagAbsent) || !old.flags.has(flagSettled) || old.id != it.found.id {
		return false
	}
	it.found.flags = old.flags &^ flagAs
	it.found.content, it.found.xattrs = old.content, old.xattrs
	return true
}

// wish finds what should be at a path.
func (l *looker) wish(it *item) (err error) {
	if it.want == nil {
		it.want, err = l.run.want.get(it.path)
		if err == nil && it.want == nil {
			err = errCache // it lists a path that the tree does not have
		}
	}
	if err == nil && it.want.Mtime != nil {
		it.found.flags |= flagMtime
	}
	return err
}

// A place is where an item is read.
type place struct {
	ctx  context.Context
	dir  *rootfs.Dir
	name string
	file *rootfs.File // once it was opened
}

func (at *place) close() {
	if at.file != nil {
		at.file.Close()
	}
}

// still tells whether what was found, which is not the file that the cache has,
// or not for certain, is like it and therefore still as the tree has it. So
// that touching a file or filling a directory does not ask for the tree.
func (l *looker) still(at *place, it *item) (bool, error) {
	was, is := &it.old.id, &it.found.id
	mtime := it.old.flags & flagMtime
	if was.Mode != is.Mode || was.UID != is.UID || was.GID != is.GID || was.Rdev != is.Rdev ||
		mtime != 0 && was.Mtime != is.Mtime ||
		is.Mode&unix.S_IFMT == unix.S_IFREG && (was.Nlink > 1 || is.Nlink > 1 || was.Size != is.Size) {
		return false, nil
	}
	if err := l.reader.content(at, it, it.old.flags.has(flagLarge), it.old.content); err != nil {
		return false, err
	}
	if _, err := l.reader.xattrs(at, it); err != nil {
		return false, err
	}
	if it.found.content != it.old.content || it.found.xattrs != it.old.xattrs {
		return false, nil
	}
	it.found.flags |= flagAs | mtime
	return true, nil
}

// meet makes the node that is at the path.
func (l *looker) meet(at *place, it *item) error {
	if it.want.Implied && it.found.id.Mode&unix.S_IFMT == unix.S_IFLNK {
		it.implied = l.leadsToDir(it.path)
	}
	if err := l.reader.compare(at, it); err != nil {
		return err
	}
	xattrs, err := l.reader.xattrs(at, it)
	if err != nil {
		return err
	}
	live := l.names.node(&it.found.id)
	live.Xattrs = xattrs
	live.Content, live.Large = it.found.content, it.found.flags.has(flagLarge)
	it.live = &live
	it.linkAsWanted = it.want.Link != "" && it.linked() && l.sameFile(it)
	return nil
}

// leadsToDir tells whether a link will do in place of a directory.
func (l *looker) leadsToDir(path string) bool {
	d, err := l.Root.OpenDir(path)
	if err != nil {
		return false
	}
	d.Close()
	return true
}

// sameFile tells whether what lies at want.Link is what was found.
func (l *looker) sameFile(it *item) bool {
	st, err := l.Root.Lstat(it.want.Link)
	return err == nil && st.Dev == it.found.id.Dev && st.Ino == it.found.id.Ino
}
