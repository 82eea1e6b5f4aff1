// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"io/fs"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
)

// seeds are the large files that lie on the root as they were applied: a place
// to look for chunks that the repository does not hold.
type seeds struct {
	e      *Engine
	store  *gitstore.Store
	chunks map[chunkstore.ID]seedAt
}

type seedAt struct {
	path           string
	offset, length int64
}

// seeds finds them. It reads no file.
func (l *look) seeds() (*seeds, error) {
	s := &seeds{e: l.e, store: l.e.Work.Store, chunks: map[chunkstore.ID]seedAt{}}
	if l.base == nil {
		return s, nil
	}
	base, err := l.base.Tree()
	if err != nil {
		return nil, err
	}
	for path, n := range base.Nodes() {
		if !n.Large || l.changed(path, &n) {
			continue
		}
		m, err := l.e.manifest(n.Content)
		if err != nil {
			continue // it is no help then
		}
		s.add(path, m)
	}
	return s, nil
}

// OnRoot returns the chunks of the large files that lie on the root as they
// were applied. Such a file is read again where its stat tells of a change.
func (e *Engine) OnRoot(ctx context.Context) (map[chunkstore.ID]bool, error) {
	applied, ok, err := e.Host.Applied()
	if err != nil || !ok || e.Detached {
		return nil, err
	}
	l := &look{e: e, loader: e.Loader(), paths: map[string]*plan.Path{}}
	if l.base, err = l.load(applied); err != nil {
		return nil, err
	}
	err = e.scan(ctx, e.scanner(), l.base, func(path string, want, now *node.Node, _ node.Aspect) error {
		l.paths[path] = &plan.Path{Name: path, Base: want, Live: now}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s, err := l.seeds()
	if err != nil {
		return nil, err
	}
	chunks := make(map[chunkstore.ID]bool, len(s.chunks))
	for id := range s.chunks {
		chunks[id] = true
	}
	return chunks, nil
}

// changed says whether live content is known to differ from base.
func (l *look) changed(path string, base *node.Node) bool {
	p, ok := l.paths[path]
	return ok && node.Diff(base, p.Live)&(node.AspectType|node.AspectContent) != 0
}

func (s *seeds) add(path string, m *chunkstore.Manifest) {
	var offset int64
	for _, p := range m.Pieces {
		if !p.Hole {
			s.chunks[p.ID] = seedAt{path, offset, p.Length}
		}
		offset += p.Length
	}
}

// Read implements largefile.Chunks: what the repository holds comes from there.
func (s *seeds) Read(ctx context.Context, id chunkstore.ID, buf []byte) ([]byte, error) {
	data, err := s.store.Read(ctx, id, buf)
	if missing := (*chunkstore.MissingError)(nil); errors.As(err, &missing) {
		return s.seed(id, buf)
	}
	return data, err
}

// Get implements largefile.Chunks.
func (s *seeds) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	data, err := s.store.Get(ctx, id)
	if missing := (*chunkstore.MissingError)(nil); errors.As(err, &missing) {
		if data, err = s.seed(id, nil); err == nil {
			err = chunkstore.Verify(id, data, s.chunks[id].path)
		}
	}
	return data, err
}

// seed reads a chunk from the root, unverified.
func (s *seeds) seed(id chunkstore.ID, buf []byte) ([]byte, error) {
	at, ok := s.chunks[id]
	if !ok {
		return nil, &chunkstore.MissingError{ID: id}
	}
	f, err := s.e.Root.OpenFile(at.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &chunkstore.MissingError{ID: id}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if int64(cap(buf)) < at.length {
		buf = make([]byte, at.length)
	}
	buf = buf[:at.length]
	if _, err := f.ReadAt(buf, at.offset); err != nil {
		return nil, &chunkstore.CorruptError{ID: id, Where: at.path, Err: err}
	}
	return buf, nil
}
