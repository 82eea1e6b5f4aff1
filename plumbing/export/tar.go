// SPDX-License-Identifier: Apache-2.0

package export

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/node"
)

// Tar writes the tree as a POSIX (pax) archive. Extended attributes are
// recorded as SCHILY.xattr, as GNU tar and bsdtar do. Holes of large files are
// written as zeroes.
func (e *Export) Tar(ctx context.Context, out io.Writer) error {
	w := tar.NewWriter(out)
	for path, n := range e.Nodes() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.entry(ctx, w, path, &n); err != nil {
			return fmt.Errorf("archive %s: %w", path, err)
		}
	}
	return w.Close()
}

// entry writes what is at one path.
func (e *Export) entry(ctx context.Context, w *tar.Writer, path string, n *node.Node) error {
	h, err := e.header(path, n)
	if err != nil {
		return err
	}
	switch {
	case n.Link != "":
		h.Typeflag, h.Linkname = tar.TypeLink, n.Link
	case n.Large:
		return e.large(ctx, w, h, n)
	case n.Type == node.Symlink:
		target, err := e.target(n)
		if err != nil {
			return err
		}
		h.Linkname = target
	case n.Type == node.File:
		return e.file(ctx, w, h, n)
	}
	return w.WriteHeader(h)
}

var typeflags = map[node.Type]byte{
	node.File: tar.TypeReg, node.Dir: tar.TypeDir, node.Symlink: tar.TypeSymlink,
	node.Fifo: tar.TypeFifo, node.Char: tar.TypeChar, node.Block: tar.TypeBlock,
}

func (e *Export) header(path string, n *node.Node) (*tar.Header, error) {
	uid, gid, err := e.ids(n)
	if err != nil {
		return nil, err
	}
	if n.Type == node.Dir {
		path += "/"
	}
	h := &tar.Header{
		Format: tar.FormatPAX, Typeflag: typeflags[n.Type], Name: path, Mode: int64(n.Perm),
		Uid: int(uid), Gid: int(gid), Uname: nameOf(n.Owner), Gname: nameOf(n.Group),
		ModTime:  time.Unix(n.Mtime.Sec, int64(n.Mtime.Nsec)),
		Devmajor: int64(n.Device.Major), Devminor: int64(n.Device.Minor),
	}
	for _, x := range n.Xattrs {
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		h.PAXRecords["SCHILY.xattr."+escapeKey.Replace(x.Name)] = x.Value
	}
	return h, nil
}

// escapeKey writes what would end the key of a record as GNU tar does.
var escapeKey = strings.NewReplacer("%", "%25", "=", "%3D")

// nameOf returns a name, "" for digits that stand for an id without one.
func nameOf(owner string) string {
	if _, err := strconv.ParseUint(owner, 10, 32); err == nil {
		return ""
	}
	return owner
}

func (e *Export) file(ctx context.Context, w *tar.Writer, h *tar.Header, n *node.Node) (err error) {
	if h.Size, err = e.work.Repo.ObjectSize(n.Content); err != nil {
		return err
	}
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	return e.work.Repo.CopyBlob(ctx, n.Content, &counted{w, e.progress})
}

func (e *Export) large(ctx context.Context, w *tar.Writer, h *tar.Header, n *node.Node) error {
	m, err := e.manifest(h.Name, n)
	if err != nil {
		return err
	}
	h.Size = m.Size
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	return largefile.Cat(ctx, m, e.work.Store, &counted{w, e.progress}, 0, -1)
}

// counted tells of what is written.
type counted struct {
	io.Writer
	tell func(n int64)
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.tell(int64(n))
	return n, err
}
