// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A change says what is to be added to a held set, and what taken out of it.
type change func(held *chunkstore.Held) (add, remove []chunkstore.ID, err error)

// hold adds chunks, which are durable, to the held set.
func (b *Batch) hold(ctx context.Context, ids []chunkstore.ID) error {
	err := b.alter(ctx, "hold", func(held *chunkstore.Held) (add, remove []chunkstore.ID, err error) {
		lost, err := b.relied.missing(held)
		if err == nil && len(lost) > 0 {
			err = errLost
		}
		return ids, nil, err
	})
	if errors.Is(err, errLost) {
		return b.bringBack(ctx, ids)
	}
	return err
}

// alter changes the held set. When another process moves the ref meanwhile, it
// tries again from there.
func (b *Batch) alter(ctx context.Context, verb string, c change) error {
	for {
		moved, err := b.tryAlter(verb, c)
		if !moved || err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.s.reload(); err != nil {
			return err
		}
	}
}

// tryAlter reports whether the ref was moved by another.
func (b *Batch) tryAlter(verb string, c change) (moved bool, err error) {
	old, _, err := b.s.repo.Ref(HeldRef)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", HeldRef, err)
	}
	root, trees, n, err := b.s.altered(old, c)
	if err != nil {
		// Of a set that was moved on git may have pruned what it was.
		if now, _, err := b.s.repo.Ref(HeldRef); err == nil && now != old {
			return true, nil
		}
		return false, fmt.Errorf("update held set: %w", err)
	}
	if root == old { // nothing to do, or another was faster
		return false, b.s.reload()
	}
	pack, err := b.writeTrees(trees)
	if err != nil {
		return false, err
	}
	err = b.s.repo.SwapRef(HeldRef, old, root, fmt.Sprintf("devops: %s %d chunks", verb, n))
	if errors.Is(err, repo.ErrRefMoved) {
		return true, releaseObjects(pack)
	}
	if err != nil {
		return false, errors.Join(err, releaseObjects(pack))
	}
	return false, errors.Join(b.s.reload(), releaseObjects(pack))
}

// altered computes what a held set becomes, and by how many chunks at most the
// two differ.
func (s *Store) altered(old chunkstore.ID, c change) (root chunkstore.ID, trees []chunkstore.Tree, n int, err error) {
	held := chunkstore.OpenHeld(s.readTree, old)
	add, remove, err := c(held)
	if err != nil {
		return root, nil, 0, err
	}
	n = len(add) + len(remove)
	if n == 0 || len(add) == 0 && old.IsZero() {
		return old, nil, 0, nil
	}
	root, trees, err = held.Update(add, remove)
	return root, trees, n, err
}

// writeTrees makes the trees durable in a pack that is kept until it is
// released.
func (b *Batch) writeTrees(trees []chunkstore.Tree) (packfile.Pack, error) {
	w, err := packfile.Create(b.s.spool, len(trees))
	if err != nil {
		return packfile.Pack{}, err
	}
	encoder := packfile.NewEncoder()
	for _, t := range trees {
		o := encoder.Encode(packfile.Tree, t.ID, t.Body)
		err := w.Append(o)
		o.Release()
		if err != nil {
			w.Abort()
			return packfile.Pack{}, err
		}
	}
	return w.Finish(b.s.packDir, b.writer.keep(pendingObjects))
}
