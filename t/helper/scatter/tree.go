// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/sys/unix"
)

// A tree is what lies in the working directory.
type tree struct {
	*rand.Rand
}

// accounts are the names that some of the owners have; others are ids.
const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/:/bin/false\nmail er:x:70000:8::/:/bin/false\n"
	group  = "root:x:0:\nwww:x:33:\nmail:x:8:\n"
)

func (t *tree) make() error {
	if err := os.Mkdir("etc", 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"etc/passwd": passwd, "etc/group": group} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	for range 10 + t.IntN(40) {
		if err := t.add(); err != nil {
			return err
		}
	}
	return t.settle()
}

// change adds, removes, replaces and alters.
func (t *tree) change(n int) error {
	for range n {
		paths, err := t.paths()
		if err != nil {
			return err
		}
		path := ""
		if len(paths) > 0 {
			path = paths[t.IntN(len(paths))]
		}
		switch k := t.IntN(8); {
		case path == "" || k < 2:
			err = t.add()
		case k == 2:
			err = os.RemoveAll(path)
		case k == 3:
			if err = os.RemoveAll(path); err == nil {
				err = t.put(path)
			}
		case k == 4:
			err = t.rename(path, paths[t.IntN(len(paths))])
		case k == 5:
			err = t.rewrite(path)
		default:
			err = t.dress(path)
		}
		if err != nil {
			return err
		}
	}
	return t.settle()
}

// spoil removes and alters.
func (t *tree) spoil(n int) error {
	for range n {
		paths, err := t.paths()
		if err != nil || len(paths) == 0 {
			return err
		}
		path := paths[t.IntN(len(paths))]
		switch t.IntN(3) {
		case 0:
			err = os.RemoveAll(path)
		case 1:
			err = t.rewrite(path)
		default:
			err = t.dress(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// paths lists what there is, but for the accounts, in order.
func (t *tree) paths() ([]string, error) {
	var paths []string
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if path != "." && path != "etc" && path != "etc/passwd" && path != "etc/group" {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}

// add puts something at a new name.
func (t *tree) add() error {
	path := filepath.Join(t.dir(), t.name())
	if _, err := os.Lstat(path); err == nil || len(path) > 3000 {
		return nil
	}
	return t.put(path)
}

// dir is one of the directories that there are.
func (t *tree) dir() string {
	dirs := []string{"."}
	_ = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	return dirs[t.IntN(len(dirs))]
}

func (t *tree) put(path string) error {
	var err error
	switch t.IntN(14) {
	case 0, 1, 2:
		err = os.Mkdir(path, 0o755)
	case 3:
		err = os.Symlink(t.target(), path)
	case 4:
		err = unix.Mkfifo(path, 0o644)
	case 5:
		err = unix.Mknod(path, unix.S_IFCHR|0o600, t.device())
	case 6:
		err = unix.Mknod(path, unix.S_IFBLK|0o660, t.device())
	case 7, 8:
		return t.link(path)
	default:
		err = t.write(path)
	}
	if err != nil {
		return err
	}
	return t.dress(path)
}

func (t *tree) device() int { return int(unix.Mkdev(t.Uint32N(512), t.Uint32N(1<<20))) }

// link gives one of the files another name.
func (t *tree) link(path string) error {
	paths, err := t.paths()
	if err != nil {
		return err
	}
	var files []string
	for _, p := range paths {
		if st, err := os.Lstat(p); err == nil && st.Mode().IsRegular() {
			files = append(files, p)
		}
	}
	if len(files) == 0 {
		return t.write(path)
	}
	return os.Link(files[t.IntN(len(files))], path)
}

// rename moves something over something else where the kernel lets it.
func (t *tree) rename(from, to string) error {
	if strings.HasPrefix(to, from+"/") || strings.HasPrefix(from, to+"/") {
		return nil
	}
	err := os.Rename(from, to)
	if errors.Is(err, fs.ErrExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.EISDIR) {
		return nil
	}
	return err
}

// settle gives everything a time of its own, the deepest first. Hard links may
// get several: the last counts.
func (t *tree) settle() error {
	paths, err := t.paths()
	if err != nil {
		return err
	}
	sort.Sort(sort.Reverse(sort.StringSlice(paths)))
	for _, path := range append(paths, "etc/passwd", "etc/group", "etc", ".") {
		if err := t.date(path); err != nil {
			return err
		}
	}
	return nil
}
