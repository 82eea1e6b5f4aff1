// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"strings"
	"sync"
	"syscall"
)

// A looker looks at paths of the index. One behind a symbolic link is not
// there, whatever the link leads to: git does not follow it either.
type looker struct {
	w    *Worktree
	mu   sync.RWMutex
	dirs map[string]bool // whether it is a directory, for each one looked at
}

func (w *Worktree) newLooker() *looker { return &looker{w: w, dirs: map[string]bool{}} }

// lstat is lstat(2), which says ENOTDIR of a path behind a link.
func (l *looker) lstat(path string, st *syscall.Stat_t) error {
	if !l.isDir(parent(path)) {
		return syscall.ENOTDIR
	}
	return syscall.Lstat(l.w.abs(path), st)
}

// parent returns the directory of a path, "" for the top.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '/'))] }

func (l *looker) isDir(dir string) bool {
	if dir == "" {
		return true
	}
	l.mu.RLock()
	is, known := l.dirs[dir]
	l.mu.RUnlock()
	if known {
		return is
	}
	var st syscall.Stat_t
	is = l.lstat(dir, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR
	l.mu.Lock()
	l.dirs[dir] = is
	l.mu.Unlock()
	return is
}
