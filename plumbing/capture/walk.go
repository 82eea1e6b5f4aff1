// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// A walker finds the candidates of a run.
type walker struct {
	*run
	ctx     context.Context
	devices map[uint64]int64 // the kinds of file systems by device number
	own     []inode          // the repository's directories
	seen    map[string]bool  // directories that lead to what was named
}

type inode struct{ dev, ino uint64 }

// walk lists what lies at and below the paths, and what is gone from there.
func (r *run) walk(ctx context.Context) error {
	w := &walker{run: r, ctx: ctx, devices: map[uint64]int64{}, seen: map[string]bool{}}
	for _, dir := range []string{r.Repo.GitDir(), r.Repo.CommonDir()} {
		var st unix.Stat_t
		if err := unix.Stat(dir, &st); err != nil {
			return &fs.PathError{Op: "stat", Path: dir, Err: err}
		}
		w.own = append(w.own, inode{st.Dev, st.Ino})
	}
	var err error
	if r.named, err = w.resolve(r.o.Paths); err != nil {
		return err
	}
	for _, path := range r.named {
		if err := w.visit(path); err != nil {
			return err
		}
	}
	return w.settle()
}

// settle puts the candidates in order, after those that hard links bring in,
// and finds out what is gone.
func (w *walker) settle() error {
	if err := w.linkedOutside(); err != nil {
		return err
	}
	slices.SortStableFunc(w.todo, func(a, b candidate) int { return node.ComparePaths(a.path, b.path) })
	w.todo = slices.CompactFunc(w.todo, func(a, b candidate) bool { return a.path == b.path })
	w.gone = w.managedBelow(w.named, func(path string) bool {
		_, there := w.find(path)
		return !there
	})
	for _, path := range w.named {
		if _, there := w.find(path); !there && !slices.ContainsFunc(w.gone, func(p string) bool { return node.Within(p, path) }) {
			return &PathError{path, ErrNoMatch}
		}
	}
	w.link()
	return nil
}

// find returns the position of a candidate.
func (r *run) find(path string) (int, bool) {
	return slices.BinarySearchFunc(r.todo, path, func(c candidate, path string) int {
		return node.ComparePaths(c.path, path)
	})
}

// resolve returns the paths as they are without links among their parents,
// sorted, without those that lie below another.
func (w *walker) resolve(paths []string) ([]string, error) {
	var named []string
	for _, path := range paths {
		if err := checkPath(path); err != nil {
			return nil, &PathError{path, err}
		}
		real, err := w.Root.Resolve(path)
		if rootfs.Absent(err) {
			real, err = path, nil
		}
		if err != nil {
			return nil, err
		}
		if err := checkPath(real); err != nil {
			return nil, &PathError{path, err}
		}
		named = append(named, real)
	}
	slices.SortFunc(named, node.ComparePaths)
	return slices.CompactFunc(named, func(a, b string) bool { return node.Within(b, a) }), nil
}

// checkPath refuses paths that no commit of a host has for the root.
func checkPath(path string) error {
	if node.IsControl(path) {
		return ErrControl
	}
	if err := node.CheckPath(path); err != nil {
		return ErrName
	}
	return nil
}

// visit adds a path that was named, what leads there and what lies below it.
func (w *walker) visit(path string) error {
	if err := w.parents(path); err != nil {
		return err
	}
	dir, name := node.SplitPath(path)
	d, err := w.Root.OpenDir(dir)
	if rootfs.Absent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	var st unix.Stat_t
	err = d.Lstat(name, &st)
	if rootfs.Absent(err) {
		return nil
	}
	if err == nil {
		err = w.refused(path, &st)
	}
	if err != nil {
		return err
	}
	return w.add(d, path, name, &st)
}

// refused returns why what lies at a path cannot be captured.
func (w *walker) refused(path string, st *unix.Stat_t) error {
	_, name := node.SplitPath(path)
	switch {
	case rootfs.IsTemporary(name):
		return &PathError{path, ErrTemporary}
	case st.Mode&unix.S_IFMT == unix.S_IFSOCK:
		return &PathError{path, ErrSocket}
	case w.isOwn(st):
		return &PathError{path, ErrRepository}
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return nil
	}
	kind, err := w.system(path, st.Dev)
	if err == nil && pseudoSystems[kind] {
		err = &PathError{path, ErrPseudo}
	}
	return err
}

// parents adds the directories that lead to a path.
func (w *walker) parents(path string) error {
	if path == node.RootPath {
		return nil
	}
	dir := node.Parent(path)
	if w.seen[dir] {
		return nil
	}
	if err := w.parents(dir); err != nil {
		return err
	}
	w.seen[dir] = true
	st, err := w.Root.Lstat(dir)
	if rootfs.Absent(err) {
		return nil
	}
	if err == nil {
		err = w.refused(dir, &st)
	}
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		w.todo = append(w.todo, candidate{path: dir, id: live.IdentityOf(&st), parent: true})
	}
	return err
}

// add adds what lies at a path and below it.
func (w *walker) add(in *rootfs.Dir, path, name string, st *unix.Stat_t) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	w.todo = append(w.todo, candidate{path: path, id: live.IdentityOf(st)})
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil
	}
	d, err := in.OpenDir(name)
	if rootfs.Absent(err) {
		return nil // it has just gone, or become something else
	}
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := w.met(d, path, name, st.Dev); err != nil {
			return err
		}
	}
	return nil
}

// met adds what was met in the directory dir, which is on the device dev.
func (w *walker) met(d *rootfs.Dir, dir, name string, dev uint64) error {
	path := node.JoinPath(dir, name)
	if err := checkPath(path); err != nil {
		w.skipped(path, err)
		return nil
	}
	var st unix.Stat_t
	switch err := d.Lstat(name, &st); {
	case rootfs.Absent(err):
		return nil
	case err != nil:
		return err
	}
	err := w.refused(path, &st)
	if err == nil && st.Dev != dev && w.devices[st.Dev] == unix.TMPFS_MAGIC {
		err = &PathError{path, ErrPseudo} // no place for what is to stay, unless named
	}
	if pe, ok := errors.AsType[*PathError](err); ok {
		w.skipped(path, pe.Err)
		return nil
	}
	if err != nil {
		return err
	}
	return w.add(d, path, name, &st)
}

func (w *walker) isOwn(st *unix.Stat_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFDIR && slices.Contains(w.own, inode{st.Dev, st.Ino})
}

// system returns the kind of the file system that a directory is on.
func (w *walker) system(path string, dev uint64) (int64, error) {
	if kind, known := w.devices[dev]; known {
		return kind, nil
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(filepath.Join(w.Root.Name(), path), &fs); err != nil {
		return 0, fmt.Errorf("look at the file system of %s: %w", path, err)
	}
	w.devices[dev] = fs.Type
	return fs.Type, nil
}

// pseudoSystems are file systems without content of their own.
var pseudoSystems = map[int64]bool{
	unix.PROC_SUPER_MAGIC: true, unix.SYSFS_MAGIC: true, unix.CGROUP_SUPER_MAGIC: true,
	unix.CGROUP2_SUPER_MAGIC: true, unix.DEBUGFS_MAGIC: true, unix.TRACEFS_MAGIC: true,
	unix.SECURITYFS_MAGIC: true, unix.BPF_FS_MAGIC: true, unix.DEVPTS_SUPER_MAGIC: true,
	unix.PSTOREFS_MAGIC: true, unix.EFIVARFS_MAGIC: true, unix.HUGETLBFS_MAGIC: true,
	unix.AUTOFS_SUPER_MAGIC: true, unix.BINFMTFS_MAGIC: true, unix.SELINUX_MAGIC: true,
	unix.SMACK_MAGIC: true, unix.NSFS_MAGIC: true, unix.RDTGROUP_SUPER_MAGIC: true,
	configfsMagic: true, mqueueMagic: true, fusectlMagic: true, rpcPipefsMagic: true,
}

// Numbers of include/uapi/linux/magic.h and the file systems' own sources that
// package unix has not.
const (
	configfsMagic  = 0x62656570
	mqueueMagic    = 0x19800202
	fusectlMagic   = 0x65735543
	rpcPipefsMagic = 0x67596969
)
