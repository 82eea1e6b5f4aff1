// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// A looker looks at paths of the index. One behind a symbolic link is not
// there, whatever the link leads to: git does not follow it either. It keeps
// the directories of the path before open, so that paths in the index's order
// cost the kernel one step each. It serves one goroutine.
type looker struct {
	dirs []openDir // from the top down to the directory of the path before
	gone string    // a directory that cannot be opened, with a slash
	err  error     // why
}

type openDir struct {
	path string // with a slash, "" for the top
	fd   int
}

func (w *Worktree) newLooker() (*looker, error) {
	fd, err := unix.Open(w.Repo.WorkTree(), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &looker{dirs: []openDir{{"", fd}}}, nil
}

func (l *looker) close() { l.leave(0) }

// leave closes all directories but the first n.
func (l *looker) leave(n int) {
	for _, d := range l.dirs[n:] {
		_ = unix.Close(d.fd)
	}
	l.dirs = l.dirs[:n]
}

// lstat is lstat(2), which says ENOTDIR or ELOOP of a path behind a link.
func (l *looker) lstat(path string, st *syscall.Stat_t) error {
	path = strings.TrimSuffix(path, "/") // git lists a repository of its own so
	slash := strings.LastIndexByte(path, '/') + 1
	fd, err := l.enter(path[:slash])
	if err != nil {
		return err
	}
	var u unix.Stat_t
	if err := unix.Fstatat(fd, path[slash:], &u, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	*st = syscall.Stat_t{
		Dev: u.Dev, Ino: u.Ino, Nlink: u.Nlink, Mode: u.Mode, Uid: u.Uid, Gid: u.Gid, Rdev: u.Rdev,
		Size: u.Size, Blksize: u.Blksize, Blocks: u.Blocks,
		Atim: syscall.Timespec(u.Atim), Mtim: syscall.Timespec(u.Mtim), Ctim: syscall.Timespec(u.Ctim),
	}
	return nil
}

// enter opens a directory, given with a slash, without following links.
func (l *looker) enter(dir string) (fd int, err error) {
	if l.gone != "" && strings.HasPrefix(dir, l.gone) {
		return 0, l.err
	}
	n := len(l.dirs)
	for n > 1 && !strings.HasPrefix(dir, l.dirs[n-1].path) {
		n--
	}
	l.leave(n)
	for {
		last := l.dirs[len(l.dirs)-1]
		name, _, more := strings.Cut(dir[len(last.path):], "/")
		if !more {
			return last.fd, nil
		}
		next := last.path + name + "/"
		fd, err := unix.Openat(last.fd, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			l.gone, l.err = next, err
			return 0, err
		}
		l.dirs = append(l.dirs, openDir{next, fd})
	}
}

// lookAtEach calls fn for 0 to n-1 on all cores, each with a looker, and
// returns the first error. What lies close together comes to one looker.
func (w *Worktree) lookAtEach(ctx context.Context, n int, fn func(l *looker, i int) error) error {
	const run = 1024
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			l, err := w.newLooker()
			if err != nil {
				return err
			}
			defer l.close()
			for ctx.Err() == nil {
				from := int(next.Add(run)) - run
				if from >= n {
					return nil
				}
				for i := from; i < min(from+run, n); i++ {
					if err := fn(l, i); err != nil {
						return err
					}
				}
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}

// lstatFunc is looker.lstat or Worktree.lstat.
type lstatFunc func(path string, st *syscall.Stat_t) error

// lstat is looker.lstat for one path.
func (w *Worktree) lstat(path string, st *syscall.Stat_t) error {
	l, err := w.newLooker()
	if err != nil {
		return err
	}
	defer l.close()
	return l.lstat(path, st)
}

// absent tells whether an error of lstat says that nothing is there.
func absent(err error) bool {
	switch err {
	case syscall.ENOENT, syscall.ENOTDIR, syscall.ELOOP:
		return true
	}
	return false
}
