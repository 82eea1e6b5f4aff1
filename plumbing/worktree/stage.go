// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// stage does what Add is for.
func (w *Worktree) stage(ctx context.Context, index *repo.Index, todo []*candidate, o AddOptions) error {
	batch, err := w.Store.Begin(ctx)
	if err == nil {
		todo, err = w.stageWith(ctx, batch, index, todo, o)
		if ctx.Err() != nil {
			batch.Abandon()
		}
		batch.Abort()
	}
	if err == nil {
		report(todo, o.Report)
	}
	return err
}

// stageWith returns what was staged: todo, and the attributes of the large
// files.
func (w *Worktree) stageWith(ctx context.Context, batch *gitstore.Batch, index *repo.Index, todo []*candidate, o AddOptions) ([]*candidate, error) {
	if err := w.readAll(ctx, batch, todo, o); err != nil {
		return nil, err
	}
	if err := w.convertByGit(ctx, todo); err != nil {
		return nil, err
	}
	if err := batch.Commit(ctx); err != nil {
		return nil, err
	}
	if err := outwaitRace(ctx, todo); err != nil {
		return nil, err
	}
	names, err := w.nameLargeFiles(ctx, index, todo)
	if err != nil {
		return nil, err
	}
	defer names.close()
	if names.file != nil {
		todo, err = w.stageNames(ctx, batch, todo, names)
	}
	if err == nil {
		err = w.updateIndex(ctx, batch, todo)
	}
	if err != nil && names.undo != nil && !errors.Is(err, repo.ErrNotSynced) {
		err = errors.Join(err, names.undo())
	}
	if err != nil {
		return nil, err
	}
	_ = batch.Settle() // what it cannot clear away the next run does
	return todo, nil
}

// treesFrom is the number of staged files from which the trees of the index
// are stored, too: git commit would make each of those that are new a loose
// object, which at 4,000 trees takes longer than everything else.
const treesFrom = 512

// updateIndex enters what was read, after making it durable.
func (w *Worktree) updateIndex(ctx context.Context, batch *gitstore.Batch, todo []*candidate) error {
	withTrees := len(todo) >= treesFrom
	if !withTrees {
		if err := batch.FinishObjects(); err != nil {
			return err
		}
	}
	return w.Repo.UpdateIndex(ctx, func(tx *repo.IndexTx) error {
		if withTrees {
			tx.CacheTrees(func(trees []chunkstore.Tree) error { return appendTrees(batch, trees, len(todo)) })
		}
		return enter(tx, todo)
	})
}

func enter(tx *repo.IndexTx, todo []*candidate) error {
	for _, c := range todo {
		if c.gone {
			tx.Remove(c.path)
		} else if err := tx.Set(c.result); err != nil {
			return err
		}
	}
	return nil
}

// appendTrees makes the trees durable together with the blobs.
func appendTrees(batch *gitstore.Batch, trees []chunkstore.Tree, blobs int) error {
	encoder := packfile.NewEncoder()
	for _, t := range trees {
		o := encoder.Encode(packfile.Tree, t.ID, t.Body)
		err := batch.AppendObject(o, blobs+len(trees))
		o.Release()
		if err != nil {
			return err
		}
	}
	return batch.FinishObjects()
}
