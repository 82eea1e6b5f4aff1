// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/spool"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// textLimit is the size in bytes from which on a file is shown by its ranges.
const textLimit = 4 << 20

// A shower shows differences.
type shower struct {
	g *porcelain.Globals
	h *hostroot.Opened
}

func (s *shower) show(ctx context.Context, d difference) error {
	r := record{Path: ui.Path(d.path), Aspects: d.aspects.Names(), Metadata: porcelain.MetadataWords(d.want, d.live, d.aspects)}
	if d.live == nil || d.aspects&node.AspectType != 0 {
		r.Metadata = []porcelain.MetadataWord{{What: "type", Applied: kind(d.want), Live: kind(d.live)}}
	}
	if d.aspects&node.AspectContent != 0 && d.want.Type == node.Symlink {
		target, err := s.targets(d)
		if err != nil {
			return err
		}
		r.Metadata = append(r.Metadata, target)
	}
	size, unread, err := s.unread(d)
	if err != nil {
		return err
	}
	if unread {
		r.Metadata = append(r.Metadata, size)
	}
	s.g.UI.Print(r)
	if unread || s.g.UI.JSON() || d.want.Type != node.File || d.live != nil && d.aspects&node.AspectContent == 0 {
		return nil
	}
	return s.content(ctx, d)
}

// unread tells whether a file was not read because of its size, and of that.
func (s *shower) unread(d difference) (word porcelain.MetadataWord, ok bool, err error) {
	if d.live == nil || d.live.Type != node.File || d.aspects&node.AspectContent == 0 {
		return word, false, nil
	}
	st, err := s.h.Root.Lstat(d.path)
	if err != nil {
		return word, false, err
	}
	id := live.IdentityOf(&st)
	if d.live.Content != id.Unread() {
		return word, false, nil
	}
	word = porcelain.MetadataWord{What: "size", Live: strconv.FormatInt(st.Size, 10)}
	if was, ok := s.h.Scanner().Size(d.want.Content, d.want.Large); ok {
		word.Applied = strconv.FormatInt(was, 10)
	}
	return word, true, nil
}

func (s *shower) targets(d difference) (porcelain.MetadataWord, error) {
	_, was, err := s.h.Work.Repo.ObjectAtMost(d.want.Content, node.MaxPath)
	if err != nil {
		return porcelain.MetadataWord{}, err
	}
	is, err := s.h.Root.Readlink(d.path)
	return porcelain.MetadataWord{What: "target", Applied: string(was), Live: is}, err
}

// content shows how a file has changed, or what it was when it is gone.
func (s *shower) content(ctx context.Context, d difference) error {
	was, err := s.h.Work.Repo.ObjectSize(d.want.Content)
	if err != nil {
		return err
	}
	var f *os.File
	var size int64
	if d.live != nil {
		if f, err = s.h.Root.OpenFile(d.path); err != nil {
			return err
		}
		defer f.Close()
		fi, err := f.Stat()
		if err != nil {
			return err
		}
		size = fi.Size()
	}
	if d.want.Large || max(was, size) > textLimit {
		return s.ranges(ctx, d, f)
	}
	return s.text(ctx, d, f)
}

func (s *shower) ranges(ctx context.Context, d difference, f *os.File) error {
	before, err := s.manifest(ctx, d.want)
	if err != nil {
		return fmt.Errorf("%s: %w", ui.Path(d.path), err)
	}
	var after *chunkstore.Manifest
	if f != nil {
		params := s.h.Work.Params
		if before != nil {
			params = before.Params // else nothing would be alike
		}
		after, err = largefile.DescribeContent(ctx, f, largefile.CaptureOptions{Params: params, Previous: before})
		if err != nil {
			return fmt.Errorf("%s: %w", ui.Path(d.path), err)
		}
	}
	s.g.ShowRanges(d.path, before, after)
	return nil
}

// manifest returns that of a large file, or what would be that of a small one.
func (s *shower) manifest(ctx context.Context, n *node.Node) (*chunkstore.Manifest, error) {
	if n.Large {
		_, text, err := s.h.Work.Repo.Object(n.Content)
		if err != nil {
			return nil, err
		}
		return chunkstore.ParseManifest(text)
	}
	r, w := io.Pipe()
	defer r.Close()
	go func() { w.CloseWithError(s.h.Work.Repo.CopyBlob(ctx, n.Content, w)) }()
	return largefile.DescribeStream(ctx, r, largefile.CaptureOptions{Params: s.h.Work.Params})
}

// text lets git compare two versions, which it finds below a and b, so that
// its output names them so.
func (s *shower) text(ctx context.Context, d difference, f *os.File) error {
	_, was, err := s.h.Work.Repo.Object(d.want.Content)
	if err != nil {
		return err
	}
	path := d.path
	dir, err := spool.CreateDir(os.TempDir())
	if err != nil {
		return err
	}
	defer spool.DropDir(dir)
	before, after := filepath.Join(dir.Name(), "a"), filepath.Join(dir.Name(), "b")
	if err := put(before, path, bytes.NewReader(was)); err != nil {
		return err
	}
	// The directory is no repository, nor in one: no attributes count.
	none := s.h.Work.Git.At(dir.Name())
	if f == nil { // git takes both names from the one there is
		none.Dir = before
		return s.gitDiff(ctx, none, "--src-prefix=a/", "--dst-prefix=b/", "--", path, os.DevNull)
	}
	if err := put(after, path, io.LimitReader(f, 2*textLimit)); err != nil {
		return err
	}
	none.Dir = dir.Name()
	return s.gitDiff(ctx, none, "--no-prefix", "--", "a/"+path, "b/"+path)
}

func (s *shower) gitDiff(ctx context.Context, none git.Runner, args ...string) error {
	colour := "--color=never"
	if s.g.UI.Paint(ui.Bold, "x") != "x" {
		colour = "--color=always"
	}
	out, err := none.Run(ctx, nil, append([]string{"diff", "--no-index", "--no-ext-diff", colour}, args...)...)
	if err != nil && git.ExitCode(err) != 1 {
		return err
	}
	_, err = s.g.UI.Out().Write(out)
	return err
}

func put(dir, path string, content io.Reader) error {
	full := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}
