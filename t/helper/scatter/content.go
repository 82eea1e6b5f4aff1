// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strconv"
	"strings"
)

// pieces are what names and link targets are made of.
var pieces = []string{
	"a", "b", "conf", "x.service", " ", "\n", "\t", "\\", "\"", "'", "$(x)", "*", "?", "[a]", "#", "=", ":", "%41",
	"\xff", "\xc3", "é", "é", "日本", "\x01", "\x7f", ".git ", "-", "--", "~", "!", "&", ";", "\\012", "\\",
}

// name is one for a new file. Few are long: the paths must stay short enough.
func (t *tree) name() string {
	switch t.IntN(12) {
	case 0:
		return "-" + strconv.Itoa(t.IntN(20))
	case 1:
		return strings.Repeat("n", min(100+t.IntN(200), 255))
	case 2, 3, 4, 5:
		return "f" + strconv.Itoa(t.IntN(40))
	}
	name := "."
	for range 1 + t.IntN(4) {
		name += pieces[t.IntN(len(pieces))]
	}
	if name = strings.TrimPrefix(name, "."); strings.Contains(strings.ToLower(name), "git") {
		return "x"
	}
	return name
}

func (t *tree) target() string {
	switch t.IntN(6) {
	case 0:
		return strings.Repeat("../", 1+t.IntN(5)) + "etc/passwd"
	case 1:
		return "/" + strings.Repeat("long/", t.IntN(700)) + "x"
	case 2:
		return "."
	}
	target := ""
	for range 1 + t.IntN(5) {
		target += pieces[t.IntN(len(pieces))]
	}
	return target
}

// write makes a file, or writes one anew as editors do.
func (t *tree) write(path string) error {
	f, err := os.CreateTemp(".", "scatter")
	if err != nil {
		return err
	}
	defer f.Close()
	switch t.IntN(8) {
	case 0: // nothing
	case 1:
		err = t.sparse(f)
	case 2:
		_, err = f.Write(t.bytes(100000 + t.IntN(300000)))
	default:
		_, err = f.Write(t.bytes(t.IntN(3000)))
	}
	if err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// sparse writes some bytes between holes.
func (t *tree) sparse(f *os.File) error {
	size := int64(t.IntN(8)) << 20
	for range t.IntN(4) {
		if _, err := f.WriteAt(t.bytes(1+t.IntN(9000)), t.Int64N(size+1)); err != nil {
			return err
		}
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return f.Truncate(max(size, st.Size()))
}

func (t *tree) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(t.Uint32())
	}
	return b
}

// rewrite changes a file in place, with all its names.
func (t *tree) rewrite(path string) error {
	st, err := os.Lstat(path)
	if err != nil || !st.Mode().IsRegular() {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(t.bytes(1+t.IntN(100)), t.Int64N(st.Size()+1))
	return err
}
