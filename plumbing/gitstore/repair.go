// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A KeptError says why a damaged pack was left where it is.
type KeptError struct {
	Path string // without extension
	Err  error
}

// Error names the pack.
func (e *KeptError) Error() string { return fmt.Sprintf("%s is kept: %v", e.Path, e.Err) }

// Unwrap returns Err.
func (e *KeptError) Unwrap() error { return e.Err }

// Repair replaces damaged packs, given as Check names them. What can be read of
// them, verified, is written anew, and then they are removed: so sound copies
// of what cannot must have been stored before.
//
// A pack stays when there is no such copy of a chunk that is held, or when it
// is none of ours; the error then joins a *KeptError for each.
func (s *Store) Repair(ctx context.Context, paths []string) error {
	unlock, err := s.waitGC(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	live, err := s.liveSet()
	if err != nil {
		return err
	}
	var kept []error
	for _, base := range bases(paths) {
		err := s.repairPack(ctx, base, live)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			kept = append(kept, &KeptError{base, err})
		}
	}
	return errors.Join(kept...)
}

// bases are the paths without extensions, each once.
func bases(paths []string) []string {
	var bases []string
	seen := map[string]bool{}
	for _, p := range paths {
		base := strings.TrimSuffix(strings.TrimSuffix(p, ".pack"), ".idx")
		if !seen[base] {
			seen[base] = true
			bases = append(bases, base)
		}
	}
	return bases
}

func (s *Store) repairPack(ctx context.Context, base string, live *liveSet) error {
	if !isChunkPack(base + ".keep") {
		return errors.New("it is not a chunk pack: 'git fsck' and 'git gc' are for it")
	}
	open, _, err := s.packs.all()
	if err != nil {
		return err
	}
	p := &chunkPack{base: base, reader: open[base+".idx"]}
	if p.reader == nil {
		return s.removeUnreadable(ctx, p)
	}
	if err := s.salvage(ctx, p, live); err != nil {
		return err
	}
	return s.remove(ctx, p, live)
}

// removeUnreadable removes a pack that cannot even be opened. What it had
// nobody knows, so every chunk that is held must be in another one.
func (s *Store) removeUnreadable(ctx context.Context, p *chunkPack) error {
	err := s.EachHeld(func(id chunkstore.ID) error {
		if places, _ := s.packs.find(id); len(places) > 0 {
			return ctx.Err()
		}
		return fmt.Errorf("it may have the only copy: %w", &chunkstore.MissingError{ID: id})
	})
	if err != nil {
		return err
	}
	return s.removeSettled(p.base)
}

// salvage writes the sound chunks of a pack that are live, and in no other
// pack, into a new one, durably. One of which there is no sound copy at all is
// an error.
func (s *Store) salvage(ctx context.Context, p *chunkPack, live *liveSet) error {
	b, err := s.begin()
	if err != nil {
		return err
	}
	defer b.Abort()
	encoder := packfile.NewEncoder()
	var content []byte
	for i := range p.reader.Index.Len() {
		id, _, _ := p.reader.Index.At(i)
		is, err := live.has(ctx, id)
		if err != nil {
			return err
		}
		if !is || s.elsewhere(ctx, id, p) == nil {
			continue
		}
		if content, err = p.reader.ReadBlob(i, content); err == nil {
			err = chunkstore.Verify(id, content, p.reader.Path())
		}
		if err != nil {
			return err
		}
		o := encoder.Encode(packfile.Blob, id, content)
		err = b.Append(o)
		o.Release()
		if err != nil {
			return err
		}
	}
	if err := b.finishChunks(ctx); err != nil {
		return err
	}
	if err := b.settleFinished(); err != nil {
		return err
	}
	if err := b.Settle(); err != nil {
		return err
	}
	_, _, err = s.packs.all() // the new pack must be known
	return err
}
