// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Rename puts what is staged for path in its place, at once, and returns its
// stat there. A directory in that place must be empty, *NotEmptyError. After an
// error the old is in its place, or what somebody else has put there.
func (b *Batch) Rename(path string, live *Info) (info Info, err error) {
	b.mu.Lock()
	s, ok := b.staged[path]
	b.mu.Unlock()
	if !ok {
		return info, fmt.Errorf("%s is not staged", path)
	}
	if s.first != "" {
		if err := b.stillFirst(s); err != nil {
			return info, err
		}
	}
	err = b.in(path, func(d *cachedDir, name string) error {
		info, err = b.place(d, path, name, temporaryName(b.run, s.n), s.id, live)
		return err
	})
	if err == nil {
		b.mu.Lock()
		delete(b.staged, path)
		b.mu.Unlock()
	}
	return info, err
}

// stillFirst makes sure that a link is one of the file that is at its first
// name, or will be.
func (b *Batch) stillFirst(s staged) error {
	b.mu.Lock()
	first, waits := b.staged[s.first]
	b.mu.Unlock()
	if waits {
		if first.id == s.id {
			return nil
		}
		return &ChangedError{s.first}
	}
	info, err := b.root.Lstat(s.first)
	if err != nil {
		return err
	}
	if inodeOf(&info) != s.id {
		return &ChangedError{s.first}
	}
	return nil
}

// place moves the inode id from the name temporary to name.
func (b *Batch) place(d *cachedDir, path, name, temporary string, id inode, live *Info) (info Info, err error) {
	if live == nil {
		err = b.root.moveToFree(d.fd, temporary, name)
	} else {
		err = b.replace(d, path, name, temporary, live)
	}
	if err == unix.EEXIST || err == unix.ENOENT {
		err = &ChangedError{path}
	}
	if err != nil {
		return info, err
	}
	if err := unix.Fstatat(d.fd, name, &info, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return info, err
	}
	if inodeOf(&info) != id {
		return info, &ChangedError{path}
	}
	return info, b.unsynced.dir(d)
}

// replace exchanges the two names, so that what was displaced can be looked at
// before it is gone for good.
func (b *Batch) replace(d *cachedDir, path, name, temporary string, live *Info) error {
	if err := b.look(d, path, name, live); err != nil {
		return err
	}
	if typeOf(live) == node.Dir {
		if err := isEmpty(d.fd, name, path); err != nil {
			return err
		}
	}
	var ours Info
	if err := unix.Fstatat(d.fd, temporary, &ours, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	err := b.root.exchange(d.fd, temporary, name)
	if noFlags(err) {
		return b.overwrite(d, path, name, temporary, live)
	}
	if err != nil {
		return err
	}
	if err := b.drop(d, path, temporary, live); err != nil {
		if undo := b.putBack(d, name, temporary, inodeOf(&ours)); undo != nil {
			return fmt.Errorf("%w; what was there is now %s: %w", err, node.JoinPath(d.path, temporary), undo)
		}
		return err
	}
	return nil
}

// maxExchanges is how often somebody else may be faster.
const maxExchanges = 1000

// putBack exchanges the names again after ours was put at name. When somebody
// has replaced that meanwhile, theirs is the newest, and takes the name again.
func (b *Batch) putBack(d *cachedDir, name, temporary string, ours inode) error {
	put := ours
	for range maxExchanges {
		var next, got Info
		if err := unix.Fstatat(d.fd, temporary, &next, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
		if err := b.root.exchange(d.fd, temporary, name); err != nil {
			return err
		}
		if err := unix.Fstatat(d.fd, temporary, &got, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
		if inodeOf(&got) == put {
			return nil
		}
		put = inodeOf(&next)
	}
	return unix.EBUSY
}

// drop removes what was moved out of path, if the caller has seen it there.
func (b *Batch) drop(d *cachedDir, path, temporary string, live *Info) error {
	var got Info
	if err := unix.Fstatat(d.fd, temporary, &got, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if !b.is(live, &got, false) {
		return &ChangedError{path}
	}
	switch typeOf(&got) {
	case node.Dir:
		b.dirs.forget()
		return rmdir(d.fd, temporary, path)
	case node.Symlink:
		b.dirs.forget()
	}
	if got.Nlink > 1 {
		b.touch(&got)
	}
	return unix.Unlinkat(d.fd, temporary, 0)
}

// overwrite replaces where the file system cannot exchange names: what was at
// name is not seen again.
func (b *Batch) overwrite(d *cachedDir, path, name, temporary string, live *Info) error {
	if typeOf(live) == node.Symlink {
		b.dirs.forget()
	}
	if live.Nlink > 1 {
		b.touch(live)
	}
	var placed Info
	if err := unix.Fstatat(d.fd, temporary, &placed, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	switch {
	case typeOf(live) == node.Dir:
		if err := rmdir(d.fd, name, path); err != nil {
			return err
		}
		b.dirs.forget()
	case typeOf(&placed) == node.Dir:
		if err := unix.Unlinkat(d.fd, name, 0); err != nil {
			return err
		}
	}
	return unix.Renameat(d.fd, temporary, d.fd, name)
}

// Remove removes what is at path, which is no directory.
func (b *Batch) Remove(path string, live Info) error {
	return b.in(path, func(d *cachedDir, name string) error {
		if err := b.look(d, path, name, &live); err != nil {
			return err
		}
		if typeOf(&live) == node.Dir {
			return &fs.PathError{Op: "remove", Path: path, Err: unix.EISDIR}
		}
		_, temporary := b.temporary()
		if err := b.root.moveToFree(d.fd, name, temporary); err != nil {
			return err
		}
		if err := b.drop(d, path, temporary, &live); err != nil {
			if undo := b.root.moveToFree(d.fd, temporary, name); undo != nil {
				return fmt.Errorf("%w; what was there is now %s: %w", err, node.JoinPath(d.path, temporary), undo)
			}
			return err
		}
		return b.unsynced.dir(d)
	})
}

// Rmdir removes a directory if it is empty, *NotEmptyError otherwise.
func (b *Batch) Rmdir(path string, live Info) error {
	return b.in(path, func(d *cachedDir, name string) error {
		if err := b.look(d, path, name, &live); err != nil {
			return err
		}
		if err := rmdir(d.fd, name, path); err != nil {
			return err
		}
		b.dirs.forget()
		return b.unsynced.dir(d)
	})
}

func rmdir(dir int, name, path string) error {
	err := unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
	if err == unix.ENOTEMPTY || err == unix.EEXIST {
		return &NotEmptyError{path}
	}
	return err
}

func isEmpty(dir int, name, path string) error {
	fd, err := unix.Openat(dir, name, openDirFlags, 0)
	if err != nil {
		return err
	}
	names, err := (&Dir{fd: fd, path: path}).Names()
	unix.Close(fd)
	if err == nil && len(names) > 0 {
		return &NotEmptyError{path}
	}
	return err
}
