// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// captureMemory bounds what captures that run at the same time take, bytes.
const captureMemory = 56 << 20

// inParallel calls fn for 0 to n-1 on all cores and returns the first error.
func inParallel(ctx context.Context, n int, fn func(i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || ctx.Err() != nil {
					return ctx.Err()
				}
				if err := fn(i); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// A reader reads candidates into a batch.
type reader struct {
	w     *Worktree
	batch *gitstore.Batch
	o     AddOptions
	count int // objects that there will be beside chunks
}

// readAll reads every candidate: the small ones side by side, the large ones
// as many at once as memory allows.
func (w *Worktree) readAll(ctx context.Context, batch *gitstore.Batch, todo []*candidate, o AddOptions) error {
	r := &reader{w: w, batch: batch, o: o}
	var small, large []*candidate
	var total int64
	for _, c := range todo {
		switch {
		case c.gone || c.byGit:
			continue
		case c.large:
			large = append(large, c)
		default:
			small = append(small, c)
		}
		r.count++
		total += c.stat.Size
	}
	if slices.ContainsFunc(large, func(c *candidate) bool { return !c.named }) {
		r.count++ // .gitattributes, which stageNames adds
	}
	if o.Begin != nil {
		o.Begin(total)
	}
	if err := r.readSmall(ctx, small); err != nil {
		return err
	}
	return r.readLarge(ctx, large)
}

func (r *reader) readSmall(ctx context.Context, todo []*candidate) error {
	encoders := make(chan *packfile.Encoder, runtime.GOMAXPROCS(0))
	for range cap(encoders) {
		encoders <- packfile.NewEncoder()
	}
	return inParallel(ctx, len(todo), func(i int) error {
		encoder := <-encoders
		defer func() { encoders <- encoder }()
		return r.small(encoder, todo[i])
	})
}

func (r *reader) small(encoder *packfile.Encoder, c *candidate) error {
	data, err := r.w.content(c)
	if err != nil {
		return err
	}
	if r.o.Progress != nil {
		r.o.Progress(c.stat.Size)
	}
	return r.blob(encoder, c, data)
}

// blob stores data as the candidate's blob.
func (r *reader) blob(encoder *packfile.Encoder, c *candidate, data []byte) error {
	id := chunkstore.BlobID(data)
	c.result = repo.Entry{Path: c.path, Mode: c.mode(), ID: id, Stat: repo.StatOf(&c.stat)}
	if c.entry != nil && c.entry.Stage == 0 && c.entry.ID == id {
		return nil // the index has named it all the time
	}
	o := encoder.Encode(packfile.Blob, id, data)
	defer o.Release()
	return r.batch.AppendObject(o, r.count)
}

// content reads a small file or a link.
func (w *Worktree) content(c *candidate) ([]byte, error) {
	path := w.abs(c.path)
	if c.isLink() {
		target, err := os.Readlink(path)
		return []byte(target), err
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, c.stat.Size)
	n, err := f.ReadAt(data, 0)
	if err != nil && n < len(data) || c.changed(f) {
		return nil, fmt.Errorf("%s: %w", c.path, errors.Join(largefile.ErrChanged, notEOF(err)))
	}
	return data, nil
}

func notEOF(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe
	}
	return nil
}

// openFile opens a regular file, whatever has taken its place since it was
// seen.
func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

// changed tells whether f is not, or not any more, the file that was seen.
func (c *candidate) changed(f *os.File) bool {
	var now syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &now); err != nil {
		return true
	}
	return repo.StatOf(&now) != repo.StatOf(&c.stat) || now.Size != c.stat.Size || now.Mode != c.stat.Mode
}

func (r *reader) readLarge(ctx context.Context, todo []*candidate) error {
	memory := semaphore.NewWeighted(captureMemory)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	if r.o.Spill != nil {
		group.SetLimit(1) // the parts of several files would need room at once
	}
	for _, c := range todo {
		weight := min(captureMemory, largefile.Weight(r.w.Params, c.stat.Size))
		if memory.Acquire(groupCtx, weight) != nil {
			break // Wait says why
		}
		group.Go(func() error {
			defer memory.Release(weight)
			return r.large(groupCtx, c)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// large stores a large file's chunks and its manifest.
func (r *reader) large(ctx context.Context, c *candidate) error {
	f, err := openFile(r.w.abs(c.path))
	if err != nil {
		return err
	}
	defer f.Close()
	if c.changed(f) {
		return fmt.Errorf("%s: %w", c.path, largefile.ErrChanged)
	}
	if _, data, ok := largefile.ReadManifest(f, c.stat.Size); ok {
		return r.blob(packfile.NewEncoder(), c, data)
	}
	src, err := largefile.NewFile(f, r.w.Params.Min)
	if err != nil {
		return err
	}
	m, err := r.capture(ctx, c, src)
	if errors.Is(err, largefile.ErrChanged) {
		return fmt.Errorf("%s: %w", c.path, largefile.ErrChanged)
	}
	if err != nil {
		return err
	}
	if c.changed(f) {
		return fmt.Errorf("%s: %w", c.path, largefile.ErrChanged)
	}
	return r.blob(packfile.NewEncoder(), c, m.Encode())
}

// capture stores the chunks of a large file.
func (r *reader) capture(ctx context.Context, c *candidate, src largefile.Source) (*chunkstore.Manifest, error) {
	o := largefile.CaptureOptions{
		Params: r.w.Params, Previous: r.previous(c), SizeHint: c.stat.Size, Progress: r.o.Progress,
	}
	if r.o.Spill == nil {
		counted := &gitstore.Counting{Batch: r.batch}
		m, err := largefile.Capture(ctx, src, counted, o)
		c.stored = counted.Bytes()
		return m, err
	}
	sink, err := newSpilling(ctx, r.w.Store, r.o.Spill)
	if err != nil {
		return nil, err
	}
	defer sink.abort()
	m, err := largefile.Capture(ctx, src, sink, o)
	if err == nil {
		err = sink.hold()
	}
	c.stored = sink.stored
	return m, err
}

func (r *reader) previous(c *candidate) *chunkstore.Manifest {
	if c.entry == nil {
		return nil
	}
	return manifests.Hint(r.w.Repo, c.entry.ID)
}

// relative returns the path of an argument relative to the top of the work
// tree. Links within the work tree are not followed, as git does not.
func (w *Worktree) relative(arg string) (string, error) {
	top, err := filepath.EvalSymlinks(w.Repo.WorkTree())
	if err != nil {
		return "", fmt.Errorf("find work tree: %w", err)
	}
	rel, err := filepath.Rel(top, realPath(w.dir, top, arg))
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", fmt.Errorf("'%s' is outside repository at '%s'", arg, top)
	}
	return rel, nil
}

// realPath follows the links that lead to top, which has none.
func realPath(dir, top, arg string) string {
	if !filepath.IsAbs(arg) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if dir != top && !strings.HasPrefix(dir, top+"/") {
			dir = top // GIT_WORK_TREE is elsewhere: git takes paths from there
		}
		return filepath.Join(dir, arg)
	}
	path := filepath.Clean(arg)
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		if real, err := filepath.EvalSymlinks(path[:i]); err == nil && real == top {
			return top + path[i:]
		}
	}
	if real, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(real, filepath.Base(path))
	}
	return path
}
