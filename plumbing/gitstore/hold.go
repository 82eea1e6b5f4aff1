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

// hold adds chunks, which are durable, to the held set. When another process
// moves the ref meanwhile, it tries again from there.
func (b *Batch) hold(ctx context.Context, ids []chunkstore.ID) error {
	for {
		moved, err := b.tryHold(ids)
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

// tryHold reports whether the ref was moved by another.
func (b *Batch) tryHold(ids []chunkstore.ID) (moved bool, err error) {
	old, _, err := b.s.repo.Ref(HeldRef)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", HeldRef, err)
	}
	held := chunkstore.OpenHeld(b.s.readTree, old)
	root, trees, err := held.Update(ids, nil)
	if err != nil {
		// Of a set that was moved on git may have pruned what it was.
		if now, _, err := b.s.repo.Ref(HeldRef); err == nil && now != old {
			return true, nil
		}
		return false, fmt.Errorf("update held set: %w", err)
	}
	if len(ids) == 0 {
		return false, nil
	}
	if root == old { // another was faster
		return false, b.s.reload()
	}
	pack, err := b.writeTrees(trees)
	if err != nil {
		return false, err
	}
	err = b.s.repo.SwapRef(HeldRef, old, root, fmt.Sprintf("devops: hold %d chunks", len(ids)))
	if errors.Is(err, repo.ErrRefMoved) {
		return true, releaseObjects(pack)
	}
	if err != nil {
		return false, errors.Join(err, releaseObjects(pack))
	}
	return false, errors.Join(b.s.reload(), releaseObjects(pack))
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
