// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

const (
	// captureMemory bounds what large files that are read at the same time
	// take, bytes.
	captureMemory = 48 << 20
	// stretch is how many candidates in a row one goroutine reads.
	stretch = 256
)

// readAll reads every candidate: the small ones side by side, the large ones
// as many at once as memory allows.
func (r *run) readAll(ctx context.Context, batch *gitstore.Batch) error {
	r.recall()
	var total int64
	for i := range r.todo {
		if c := &r.todo[i]; c.toRead() {
			r.count++
			total += c.id.Size
		}
	}
	if r.o.Begin != nil {
		r.o.Begin(total)
	}
	if err := r.readSmall(ctx, batch); err != nil {
		return err
	}
	if err := r.readLarge(ctx, batch); err != nil {
		return err
	}
	for i := range r.todo {
		if c := &r.todo[i]; c.link != "" {
			j, _ := r.find(c.link)
			first := &r.todo[j]
			c.content, c.large, c.named, c.xattrs = first.content, first.large, first.named, first.xattrs
		}
	}
	return nil
}

// recall takes the content of what has not changed from the stat cache, where
// the index has it, too: so it is certain to be in the repository.
func (r *run) recall() {
	if r.Cache == "" {
		return
	}
	known := live.OpenCache(r.Cache)
	defer known.Close()
	for i := range r.todo {
		c := &r.todo[i]
		k, ok := known.Find(c.path)
		if !ok || k.ID != c.id || !c.isBlob() || k.Large != c.large {
			continue
		}
		if j, ok := r.index.Find(c.path); ok && r.index.Entries[j].Stage == 0 && r.index.Entries[j].ID == k.Content {
			c.content = k.Content
		}
	}
}

func (c *candidate) toRead() bool { return c.isBlob() && c.link == "" && c.content.IsZero() }

func (r *run) readSmall(ctx context.Context, batch *gitstore.Batch) error {
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			s := &smallReader{run: r, batch: batch, encoder: packfile.NewEncoder()}
			defer s.close()
			for ctx.Err() == nil {
				from := int(next.Add(stretch)) - stretch
				if from >= len(r.todo) {
					return nil
				}
				part := r.todo[from:min(from+stretch, len(r.todo))]
				for i := range part {
					if err := s.read(&part[i]); err != nil {
						return err
					}
				}
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}

// A smallReader reads candidates that are not large, and the extended
// attributes of all. It serves one goroutine.
type smallReader struct {
	*run
	batch   *gitstore.Batch
	encoder *packfile.Encoder
	dir     *rootfs.Dir
	path    string // of dir
	buf     []byte
}

func (s *smallReader) close() {
	if s.dir != nil {
		s.dir.Close()
	}
}

func (s *smallReader) enter(path string) (d *rootfs.Dir, err error) {
	if s.dir != nil && s.path == path {
		return s.dir, nil
	}
	s.close()
	s.dir, err = s.Root.OpenDir(path)
	s.path = path
	return s.dir, err
}

func (s *smallReader) read(c *candidate) error {
	dir, name := node.SplitPath(c.path)
	d, err := s.enter(dir)
	if err != nil {
		return s.replaced(c, err)
	}
	switch {
	case c.kind() == unix.S_IFREG && c.toRead() && !c.large:
		return s.file(d, name, c)
	case c.kind() == unix.S_IFLNK && c.toRead():
		err = s.symlink(d, name, c)
	}
	if err == nil && c.link == "" {
		c.xattrs, err = d.Xattrs(name)
	}
	return s.replaced(c, err)
}

func (s *smallReader) symlink(d *rootfs.Dir, name string, c *candidate) error {
	target, err := d.Readlink(name)
	if err != nil {
		return err
	}
	return s.blob(s.batch, s.encoder, c, []byte(target))
}

func (s *smallReader) file(d *rootfs.Dir, name string, c *candidate) error {
	f, err := d.OpenSeen(name)
	if err != nil {
		return s.replaced(c, err)
	}
	defer f.Close()
	data, err := s.content(f, c)
	if err != nil {
		return s.replaced(c, err)
	}
	if c.xattrs, err = f.Xattrs(); err != nil {
		return err
	}
	if chunkstore.IsManifest(data) {
		c.large = true // or it would be taken for the manifest of another file
		return nil
	}
	if s.o.Progress != nil {
		s.o.Progress(c.id.Size)
	}
	return s.blob(s.batch, s.encoder, c, data)
}

// replaced is the error of a path at which nothing lies any more, or something
// else.
func (r *run) replaced(c *candidate, err error) error {
	if rootfs.Absent(err) || errors.Is(err, rootfs.ErrNotRegular) || errors.Is(err, unix.EINVAL) || err == errShrunk {
		return fmt.Errorf("%s: %w", c.path, largefile.ErrChanged)
	}
	return err
}

// content reads a small file.
func (s *smallReader) content(f *rootfs.File, c *candidate) ([]byte, error) {
	if int64(cap(s.buf)) < c.id.Size {
		s.buf = make([]byte, max(c.id.Size, 64<<10))
	}
	data := s.buf[:c.id.Size]
	for n := 0; n < len(data); {
		more, err := f.Read(data[n:])
		if err != nil {
			return nil, err
		}
		if more == 0 {
			return nil, errShrunk
		}
		n += more
	}
	var st unix.Stat_t
	if err := f.Stat(&st); err != nil {
		return nil, err
	}
	return data, c.same(&st)
}

var errShrunk = fmt.Errorf("%w: it has shrunk", largefile.ErrChanged)

// same makes sure that a file is still the one that was seen.
func (c *candidate) same(st *unix.Stat_t) error {
	if live.IdentityOf(st) != c.id {
		return fmt.Errorf("%s: %w", c.path, largefile.ErrChanged)
	}
	return nil
}

func (c *candidate) stillOpen(f *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	return c.same(&st)
}

// blob stores data as the candidate's blob.
func (r *run) blob(batch *gitstore.Batch, encoder *packfile.Encoder, c *candidate, data []byte) error {
	c.content = chunkstore.BlobID(data)
	if i, ok := r.index.Find(c.path); ok && r.index.Entries[i].Stage == 0 && r.index.Entries[i].ID == c.content {
		return nil // the index has named it all the time
	}
	o := encoder.Encode(packfile.Blob, c.content, data)
	defer o.Release()
	return batch.AppendObject(o, r.count)
}

func (r *run) readLarge(ctx context.Context, batch *gitstore.Batch) error {
	memory := semaphore.NewWeighted(captureMemory)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for i := range r.todo {
		c := &r.todo[i]
		if !c.large || !c.toRead() {
			continue
		}
		weight := min(captureMemory, largefile.Weight(r.Params, c.id.Size))
		if memory.Acquire(groupCtx, weight) != nil {
			break // Wait says why
		}
		group.Go(func() error {
			defer memory.Release(weight)
			return r.readManifest(groupCtx, batch, c)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// readManifest stores a large file's chunks and its manifest.
func (r *run) readManifest(ctx context.Context, batch *gitstore.Batch, c *candidate) error {
	f, err := r.Root.OpenFile(c.path)
	if err != nil {
		return r.replaced(c, err)
	}
	defer f.Close()
	if err := c.stillOpen(f); err != nil {
		return err
	}
	src, err := largefile.NewFile(f, r.Params.Min)
	if err != nil {
		return err
	}
	counted := &gitstore.Counting{Batch: batch}
	m, err := largefile.Capture(ctx, src, counted, largefile.CaptureOptions{
		Params: r.Params, Previous: r.previous(c), SizeHint: c.id.Size, Progress: r.o.Progress,
	})
	if errors.Is(err, largefile.ErrChanged) {
		return fmt.Errorf("%s: %w", c.path, largefile.ErrChanged)
	}
	if err != nil {
		return err
	}
	c.stored = counted.Bytes()
	if err := c.stillOpen(f); err != nil {
		return err
	}
	return r.blob(batch, packfile.NewEncoder(), c, m.Encode())
}

// previous returns the manifest that the index has: a hint, so errors do not
// count.
func (r *run) previous(c *candidate) *chunkstore.Manifest {
	i, ok := r.index.Find(c.path)
	if !ok {
		return nil
	}
	return manifests.Hint(r.Repo, r.index.Entries[i].ID)
}
