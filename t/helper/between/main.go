// SPDX-License-Identifier: Apache-2.0

// Command between says whether a directory tree is on its way from an old one
// to a new one, path by path.
//
//	between [-done] [-parts <path>,...] <old> <new> <now>
//
// Each path of now must be as it is in old, or as it is in new: type, content,
// mode, owners, link target, device, extended attributes and, where old and new
// have the same, the modification time. Names of what is not yet in its place
// are passed over. With -done each path must be as in new, with the same hard
// links, and there must be no such names. What is not so is printed, and the
// exit code is 1.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const temporaryPrefix = ".git-devops-"

// thing is what is at a path.
type thing struct {
	// what are the things to be compared, but for the modification time and
	// the links; none where there is nothing.
	what  []string
	mtime unix.Timespec
	links string // the first path of the same inode
}

func main() {
	done := flag.Bool("done", false, "each path must be as in new")
	parts := flag.String("parts", "", "paths of which each part may be old or new")
	flag.Parse()
	if flag.NArg() != 3 {
		flag.Usage()
		os.Exit(129)
	}
	var trees [3]map[string]thing
	for i, dir := range flag.Args() {
		var err error
		if trees[i], err = read(dir); err != nil {
			fmt.Fprintln(os.Stderr, "between:", err)
			os.Exit(128)
		}
	}
	if !compare(trees[0], trees[1], trees[2], *done, strings.Split(*parts, ",")) {
		os.Exit(1)
	}
}

// compare prints what is neither, and returns whether there is no such thing.
func compare(before, after, now map[string]thing, done bool, parts []string) bool {
	paths := map[string]bool{}
	for _, tree := range []map[string]thing{before, after, now} {
		for path := range tree {
			paths[path] = true
		}
	}
	good := true
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		b, a, n := before[path], after[path], now[path]
		isOld, isNew := slices.Equal(n.what, b.what), slices.Equal(n.what, a.what)
		same := slices.Equal(b.what, a.what) && b.mtime == a.mtime
		if slices.Contains(parts, path) {
			isOld = isOld || mixed(b.what, a.what, n.what)
		}
		switch {
		case !done && strings.HasPrefix(filepath.Base(path), temporaryPrefix):
			continue
		case done && isNew && n.links == a.links, !done && (isOld || isNew):
			if !same || n.mtime == a.mtime {
				continue
			}
		}
		good = false
		fmt.Printf("%s:\n old %v\n new %v\n now %v\n", path, b, a, n)
	}
	return good
}

// mixed says whether each part is old or new.
func mixed(before, after, now []string) bool {
	for i := range now {
		if i >= len(before) || i >= len(after) || now[i] != before[i] && now[i] != after[i] {
			return false
		}
	}
	return len(now) == len(before)
}

// read returns what there is below dir, by path.
func read(dir string) (map[string]thing, error) {
	tree := map[string]thing{}
	first := map[uint64]string{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		t := thing{links: rel}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR {
			t.mtime = st.Mtim
			if _, ok := first[st.Ino]; !ok {
				first[st.Ino] = rel
			}
			t.links = first[st.Ino]
		}
		content, err := contentOf(path, &st)
		if err != nil {
			return err
		}
		xattrs, err := xattrsOf(path)
		t.what = []string{
			fmt.Sprintf("mode %o", st.Mode), fmt.Sprintf("owners %d:%d", st.Uid, st.Gid),
			fmt.Sprintf("device %d", st.Rdev), content, xattrs,
		}
		tree[rel] = t
		return err
	})
	return tree, err
}

func contentOf(path string, st *unix.Stat_t) (string, error) {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		data, err := os.ReadFile(path)
		return fmt.Sprintf("%d %.8x", len(data), sha256.Sum256(data)), err
	case unix.S_IFLNK:
		return os.Readlink(path)
	}
	return "", nil
}

func xattrsOf(path string) (string, error) {
	names := make([]byte, 64<<10)
	n, err := unix.Llistxattr(path, names)
	if err == unix.EOPNOTSUPP {
		return "", nil
	}
	if err != nil || n == 0 {
		return "", err
	}
	var all []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00") {
		value := make([]byte, 64<<10)
		n, err := unix.Lgetxattr(path, name, value)
		if err != nil {
			return "", err
		}
		all = append(all, fmt.Sprintf("%s=%x", name, value[:n]))
	}
	slices.Sort(all)
	return strings.Join(all, ","), nil
}
