// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// HeldRef names the held set.
const HeldRef = "refs/devops/held"

// A Store is the chunk store of one repository. Its methods may be called from
// several goroutines.
type Store struct {
	repo    *repo.Repo
	packDir string // objects/pack
	spool   string // where packs are written before they move to packDir
	writers string // the lock files of those who write
	private string // what else is ours below the common directory

	packLeast int64 // see the constant

	packs packSet

	reading sync.RWMutex // held while something is read
	closed  bool

	mu   sync.Mutex
	held *chunkstore.Held
	root chunkstore.ID
}

// Open opens the chunk store of r. It writes nothing.
func Open(r *repo.Repo) (*Store, error) {
	private := filepath.Join(r.CommonDir(), "devops")
	s := &Store{
		repo:    r,
		packDir: filepath.Join(r.ObjectsDir(), "pack"),
		spool:   filepath.Join(private, "spool"),
		writers: filepath.Join(private, "writers"),
		private: private,

		packLeast: packLeast,
	}
	s.packs.dir = s.packDir
	if err := s.reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Close releases the open packs, when the reads that are under way have ended.
// Has, Read, Get and ReadRaw then fail with fs.ErrClosed.
func (s *Store) Close() {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.closed = true
	s.packs.close()
}

// use keeps the store from being closed until done is called.
func (s *Store) use(ctx context.Context) (done func(), err error) {
	s.reading.RLock()
	if err = ctx.Err(); err == nil && s.closed {
		err = fs.ErrClosed
	}
	if err != nil {
		s.reading.RUnlock()
		return nil, err
	}
	return s.reading.RUnlock, nil
}

// reload reads what the held set is now. The ref is read under the lock, so
// that of two calls at once none puts an older set in the place of a newer one.
func (s *Store) reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	root, _, err := s.repo.Ref(HeldRef)
	if err != nil {
		return fmt.Errorf("read %s: %w", HeldRef, err)
	}
	s.root, s.held = root, chunkstore.OpenHeld(s.readTree, root)
	return nil
}

func (s *Store) readTree(id chunkstore.ID) ([]byte, error) {
	kind, body, err := s.repo.Object(id)
	if err == nil && kind != "tree" {
		err = fmt.Errorf("object %s is a %s, not a tree", id, kind)
	}
	return body, err
}

// Has tells whether the held set names the chunk.
func (s *Store) Has(ctx context.Context, id chunkstore.ID) (bool, error) {
	done, err := s.use(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		has, err := s.held.Has(id)
		if err == nil || !s.outdated(err, s.root) {
			return has, err
		}
	}
}

// outdated tells whether err says that a tree of the held set that was used is
// missing because another process has moved the set on, and git has pruned what
// it was. Then the set is the present one. It is called with the lock held.
func (s *Store) outdated(err error, used chunkstore.ID) bool {
	var missing *chunkstore.MissingError
	if !errors.As(err, &missing) {
		return false
	}
	root, _, err := s.repo.Ref(HeldRef)
	if err != nil || root == used {
		return false
	}
	s.root, s.held = root, chunkstore.OpenHeld(s.readTree, root)
	return true
}

// EachHeld calls fn for every chunk of the held set, in ascending order. When
// the set grows meanwhile, the new ones may be among them.
func (s *Store) EachHeld(fn func(chunkstore.ID) error) error {
	var last *chunkstore.ID
	for {
		s.mu.Lock()
		used := s.root
		s.mu.Unlock()
		held := chunkstore.OpenHeld(s.readTree, used)
		var stopped error
		err := held.Each(func(id chunkstore.ID) error {
			if last != nil && id.Compare(*last) <= 0 {
				return nil
			}
			last = &id
			stopped = fn(id)
			return stopped
		})
		s.mu.Lock()
		again := err != nil && stopped == nil && s.outdated(err, used)
		s.mu.Unlock()
		if !again {
			return err
		}
	}
}

// Read returns the content of a chunk, in buf where that is large enough,
// without verifying it. A pack that cannot be read is passed over when another
// copy can be.
//
// It returns a *chunkstore.MissingError when the chunk is nowhere, and a
// *chunkstore.CorruptError when no copy can be read.
func (s *Store) Read(ctx context.Context, id chunkstore.ID, buf []byte) ([]byte, error) {
	return s.read(ctx, id, buf, func([]byte) bool { return true })
}

// Get returns the verified content of a chunk. Errors are as those of Read; a
// copy with another content counts as one that cannot be read.
func (s *Store) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	return s.read(ctx, id, nil, func(data []byte) bool { return chunkstore.BlobID(data) == id })
}

var errOtherContent = errors.New("its content has another hash")

func (s *Store) read(ctx context.Context, id chunkstore.ID, buf []byte, good func([]byte) bool) ([]byte, error) {
	done, err := s.use(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	places, broken := s.packs.find(id)
	for _, p := range places {
		data, err := p.pack.ReadBlob(p.index, buf)
		if err == nil && good(data) {
			return data, nil
		}
		if err == nil {
			err = errOtherContent
		}
		if !errors.Is(err, packfile.ErrDelta) {
			broken = &chunkstore.CorruptError{ID: id, Where: p.pack.Path(), Err: err}
		}
	}
	data, err := s.readObject(id, good)
	if err != nil && broken != nil {
		return nil, broken
	}
	return data, err
}

// readObject reads a chunk that lies in no chunk pack: git has fetched or
// repacked it, or stored it loose.
func (s *Store) readObject(id chunkstore.ID, good func([]byte) bool) ([]byte, error) {
	kind, data, err := s.repo.Object(id)
	if err != nil {
		var missing *chunkstore.MissingError
		if errors.As(err, &missing) {
			return nil, err
		}
		return nil, &chunkstore.CorruptError{ID: id, Where: s.repo.ObjectsDir(), Err: err}
	}
	if kind != "blob" || !good(data) {
		return nil, &chunkstore.CorruptError{ID: id, Where: s.repo.ObjectsDir(), Err: errOtherContent}
	}
	return data, nil
}

// Put stores one chunk and adds it to the held set. For more than one, Begin
// is far cheaper. It refuses data whose id is another.
func (s *Store) Put(ctx context.Context, id chunkstore.ID, data []byte) error {
	if chunkstore.BlobID(data) != id {
		return &chunkstore.CorruptError{ID: id, Where: "the data given", Err: errOtherContent}
	}
	b, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer b.Abort()
	if err := b.Append(packfile.NewEncoder().Encode(packfile.Blob, id, data)); err != nil {
		return err
	}
	if err := b.Commit(ctx); err != nil {
		return err
	}
	return b.Settle()
}
