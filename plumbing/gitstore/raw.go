// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// ReadRaw returns a chunk of the held set as an entry of a pack
// (packfile.Decode), in buf where that is large enough. It is passed on as it
// is stored, after its CRC-32 was compared, and encoded anew only where git
// keeps it as a delta or outside of a chunk pack. A copy that cannot be read is
// passed over when another can be.
//
// It returns a *chunkstore.MissingError when the chunk is not held, and a
// *chunkstore.CorruptError when it is, but no copy can be read.
func (s *Store) ReadRaw(ctx context.Context, id chunkstore.ID, buf []byte) ([]byte, error) {
	held, err := s.Has(ctx, id)
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, &chunkstore.MissingError{ID: id}
	}
	done, err := s.use(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	places, broken := s.packs.find(id)
	for _, p := range places {
		raw, err := p.pack.ReadBlobRaw(p.index, buf)
		if err == nil {
			return raw, nil
		}
		if !errors.Is(err, packfile.ErrDelta) {
			broken = &chunkstore.CorruptError{ID: id, Where: p.pack.Path(), Err: err}
		}
	}
	raw, err := s.encodeObject(id, buf)
	if err == nil {
		return raw, nil
	}
	if broken != nil {
		return nil, broken
	}
	if _, ok := errors.AsType[*chunkstore.MissingError](err); ok {
		return nil, &chunkstore.CorruptError{ID: id, Where: HeldRef, Err: errNotThere}
	}
	return nil, err
}

var errNotThere = errors.New("it is held, but not there")

// encodeObject makes an entry of a chunk that lies in no chunk pack.
func (s *Store) encodeObject(id chunkstore.ID, buf []byte) ([]byte, error) {
	data, err := s.readObject(id, func(data []byte) bool { return len(data) <= packfile.MaxContent })
	if err != nil {
		return nil, err
	}
	o := packfile.NewEncoder().Encode(packfile.Blob, id, data)
	defer o.Release()
	return o.Raw(buf), nil
}

// Refresh makes Has and ReadRaw answer as the held set is now, whoever has
// changed it. It costs reading one ref when nobody has.
func (s *Store) Refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	root, _, err := s.repo.Ref(HeldRef)
	if err != nil {
		return fmt.Errorf("read %s: %w", HeldRef, err)
	}
	if root != s.root {
		s.root, s.held = root, chunkstore.OpenHeld(s.readTree, root)
	}
	return nil
}
