// SPDX-License-Identifier: Apache-2.0

package export

import (
	"archive/tar"
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/node"
)

func newExport(t *testing.T) *Export {
	t.Helper()
	own, err := accounts.Parse(strings.NewReader("web:x:61:62::/:\n"), strings.NewReader("web:x:62:\n"))
	if err != nil {
		t.Fatal(err)
	}
	return &Export{owners: accounts.Chain{own}}
}

// TestHeader writes headers, and reads them as others do.
func TestHeader(t *testing.T) {
	long := strings.Repeat("d/", 150) + strings.Repeat("n", 255)
	usual := &node.Mtime{Sec: 1577934245, Nsec: 678901234}
	usualTime := time.Unix(1577934245, 678901234)
	tests := []struct {
		name, path string
		node       node.Node
		want       tar.Header
	}{
		{"a directory", "srv/tmp",
			node.Node{Type: node.Dir, Perm: 0o1777, Owner: "web", Group: "web", Mtime: usual},
			tar.Header{Typeflag: tar.TypeDir, Name: "srv/tmp/", Mode: 0o1777, Uid: 61, Gid: 62, Uname: "web", Gname: "web", ModTime: usualTime}},
		{"owners who are numbers, large ones", long,
			node.Node{Type: node.Fifo, Perm: 0o4711, Owner: "1073741824", Group: "4294967294", Mtime: usual},
			tar.Header{Typeflag: tar.TypeFifo, Name: long, Mode: 0o4711, Uid: 1 << 30, Gid: 1<<32 - 2, ModTime: usualTime}},
		{"a time before 1970", "\xff\n",
			node.Node{Type: node.Fifo, Owner: "0", Group: "0", Mtime: &node.Mtime{Sec: -86400, Nsec: 5}},
			tar.Header{Typeflag: tar.TypeFifo, Name: "\xff\n", ModTime: time.Unix(-86400, 5)}},
		{"a large device", "dev/disk",
			node.Node{Type: node.Block, Perm: 0o660, Owner: "0", Group: "0", Mtime: usual, Device: node.Device{Major: 4095, Minor: 1<<20 - 1}},
			tar.Header{Typeflag: tar.TypeBlock, Name: "dev/disk", Mode: 0o660, ModTime: usualTime, Devmajor: 4095, Devminor: 1<<20 - 1}},
		{"attributes", "x",
			node.Node{Type: node.Fifo, Owner: "0", Group: "0", Mtime: usual, Xattrs: []node.Xattr{{Name: "trusted.a=%b", Value: "\x01\n\xff"}}},
			tar.Header{Typeflag: tar.TypeFifo, Name: "x", ModTime: usualTime,
				PAXRecords: map[string]string{"SCHILY.xattr.trusted.a%3D%25b": "\x01\n\xff"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := throughTar(newExport(t), test.path, &test.node)
			if err != nil {
				t.Fatal(err)
			}
			// The other records are the reader's fields, too.
			maps.DeleteFunc(got.PAXRecords, func(key, _ string) bool { return !strings.HasPrefix(key, "SCHILY.") })
			ignore := cmpopts.IgnoreFields(tar.Header{}, "Format", "Xattrs")
			if d := cmp.Diff(test.want, *got, ignore, cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

func throughTar(e *Export, path string, n *node.Node) (*tar.Header, error) {
	h, err := e.header(path, n)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := errors.Join(w.WriteHeader(h), w.Close()); err != nil {
		return nil, err
	}
	return tar.NewReader(&archive).Next()
}

func TestHeaderOfUnknownOwner(t *testing.T) {
	n := &node.Node{Type: node.Fifo, Owner: "nobody-knows", Group: "0", Mtime: &node.Mtime{}}
	var unknown *accounts.UnknownError
	if _, err := newExport(t).header("x", n); !errors.As(err, &unknown) {
		t.Errorf("header = %v, want an UnknownError", err)
	}
}
