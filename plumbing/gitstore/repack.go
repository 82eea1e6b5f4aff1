// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// repack removes the packs without live chunks, and writes the live chunks of
// those that are mostly dead, or many and small, into new packs. Adopted
// chunks are live, too: in a dry run they are not held.
func (s *Store) repack(ctx context.Context, packs []*chunkPack, adopted []chunkstore.ID, o GCOptions, result *GCResult) error {
	if err := s.findLive(ctx, packs, adopted); err != nil {
		return err
	}
	var dead, rewrite, small []*chunkPack
	for _, p := range packs {
		switch share := p.liveShare(); {
		case share == 0:
			dead = append(dead, p)
		case share < liveShare:
			rewrite = append(rewrite, p)
		case p.size < smallPack:
			small = append(small, p)
		}
	}
	if len(small) >= smallPacks {
		rewrite = append(rewrite, small...)
	}
	result.Removed, result.Repacked = len(dead)+len(rewrite), len(rewrite)
	for _, p := range append(dead, rewrite...) {
		result.Freed += p.size
	}
	for _, p := range rewrite {
		result.Freed -= p.liveBytes()
	}
	if o.DryRun {
		return nil
	}
	return s.replace(ctx, rewrite, dead, o.Progress)
}

// remove removes a pack none of whose chunks is live there. Those of them that
// are live have a copy in another pack: it must be sound.
func (s *Store) remove(ctx context.Context, p *chunkPack, live *liveSet) error {
	ids, err := packIDs(p.base)
	if err != nil {
		return err
	}
	for _, id := range ids {
		is, err := live.has(ctx, id)
		if err == nil && is {
			err = s.elsewhere(ctx, id, p)
		}
		if err != nil {
			return fmt.Errorf("gc: keep %s: %w", p.base, err)
		}
	}
	s.packs.forget(p.base + ".idx")
	return s.removeSettled(p.base)
}

// elsewhere returns nil when a chunk can be read from another pack than p.
// libgit2 is not asked: it would find the chunk in p.
func (s *Store) elsewhere(ctx context.Context, id chunkstore.ID, p *chunkPack) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	places, broken := s.packs.find(id)
	for _, at := range places {
		if at.pack.Path() == p.base+".pack" {
			continue
		}
		data, err := at.pack.ReadBlob(at.index, nil)
		if err == nil {
			err = chunkstore.Verify(id, data, at.pack.Path())
		}
		if err == nil {
			return nil
		}
		broken = err
	}
	return errors.Join(broken, &chunkstore.MissingError{ID: id})
}

// findLive tells each pack which of its chunks are held, or about to be dropped,
// or adopted, and in no earlier one.
func (s *Store) findLive(ctx context.Context, packs []*chunkPack, adopted []chunkstore.ID) error {
	seen := map[chunkstore.ID]bool{}
	live, err := s.liveSet()
	if err != nil {
		return err
	}
	for _, id := range adopted {
		live.also[id] = true
	}
	for _, p := range packs {
		for i := range p.reader.Index.Len() {
			id, _, _ := p.reader.Index.At(i)
			is, err := live.has(ctx, id)
			if err != nil {
				return err
			}
			if is && !seen[id] {
				seen[id] = true
				p.live = append(p.live, i)
			}
		}
	}
	return nil
}

// liveBytes is what the live chunks take up in the pack.
func (p *chunkPack) liveBytes() int64 {
	var n int64
	for _, i := range p.live {
		n += p.reader.RawSize(i)
	}
	return n
}

func (p *chunkPack) liveShare() float64 {
	if p.size == 0 {
		return 0
	}
	return float64(p.liveBytes()) / float64(p.size)
}

// rewrite copies the live chunks, each verified, into packs that are durable
// when it returns.
func (s *Store) rewrite(ctx context.Context, packs []*chunkPack, progress func(int64)) error {
	if len(packs) == 0 {
		return nil
	}
	b, err := s.begin()
	if err != nil {
		return err
	}
	defer b.Abort()
	b.expect = 0
	for _, p := range packs {
		b.expect += len(p.live) // one pack, if its size allows
	}
	var raw, content []byte
	for _, p := range packs {
		for _, i := range p.live {
			if err := ctx.Err(); err != nil {
				return err
			}
			id, _, crc := p.reader.Index.At(i)
			if content, err = p.reader.ReadBlob(i, content); err == nil {
				err = chunkstore.Verify(id, content, p.reader.Path())
			}
			if err != nil {
				return fmt.Errorf("gc: %w", err)
			}
			if raw, err = p.reader.ReadRaw(i, raw); err != nil {
				return fmt.Errorf("gc: %w", err)
			}
			if err := b.appendRaw(id, raw, crc); err != nil {
				return err
			}
			if progress != nil {
				progress(int64(len(raw)))
			}
		}
	}
	// What was dropped meanwhile must not become held again, so nothing does.
	if err := b.finishChunks(ctx); err != nil {
		return err
	}
	if err := b.settleFinished(); err != nil {
		return err
	}
	return b.Settle()
}

// appendRaw adds a chunk as another pack stores it.
func (b *Batch) appendRaw(id chunkstore.ID, raw []byte, crc uint32) error {
	return b.add(id, func(w *packfile.Writer) error { return w.AppendRaw(id, raw, crc) })
}

// MergeSmall puts small chunk packs together when there are at least atLeast.
// While another gc is running it does nothing.
func (s *Store) MergeSmall(ctx context.Context, atLeast int) error {
	unlock, err := s.lockGC()
	if errors.Is(err, ErrBusy) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	packs, err := s.settledPacks()
	if err != nil {
		return err
	}
	packs = slices.DeleteFunc(packs, func(p *chunkPack) bool { return p.size >= smallPack })
	if len(packs) < atLeast {
		return nil
	}
	if err := s.reload(); err != nil {
		return err
	}
	if err := s.findLive(ctx, packs, nil); err != nil {
		return err
	}
	packs = slices.DeleteFunc(packs, func(p *chunkPack) bool { return len(p.live) == 0 })
	return s.replace(ctx, packs, nil, nil)
}

// replace writes the live chunks of some packs anew and removes these, and
// others, which have none.
func (s *Store) replace(ctx context.Context, rewrite, dead []*chunkPack, progress func(int64)) error {
	if err := s.rewrite(ctx, rewrite, progress); err != nil {
		return err
	}
	// The new packs must be known, and what has become held meanwhile.
	if _, _, err := s.packs.all(); err != nil {
		return err
	}
	if err := s.reload(); err != nil {
		return err
	}
	live, err := s.liveSet()
	if err != nil {
		return err
	}
	for _, p := range append(dead, rewrite...) {
		if err := s.remove(ctx, p, live); err != nil {
			return err
		}
	}
	return nil
}
