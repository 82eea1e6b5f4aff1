// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"context"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// stage does what Capture is for.
func (r *run) stage(ctx context.Context) error {
	batch, err := r.Store.Begin(ctx)
	if err != nil {
		return err
	}
	err = r.stageWith(ctx, batch)
	if ctx.Err() != nil {
		batch.Abandon()
	}
	batch.Abort()
	if err == nil {
		r.report()
	}
	return err
}

func (r *run) stageWith(ctx context.Context, batch *gitstore.Batch) error {
	if err := r.readAll(ctx, batch); err != nil {
		return err
	}
	if err := batch.Commit(ctx); err != nil {
		return err
	}
	var old, tree chunkstore.ID
	err := r.Repo.UpdateIndex(ctx, func(tx *repo.IndexTx) error {
		old, _ = tx.Index().Tree()
		tree = old
		tx.CacheTrees(func(trees []chunkstore.Tree) error {
			if len(trees) > 0 {
				tree = trees[len(trees)-1].ID
			}
			return r.finishObjects(batch, trees)
		})
		return r.enter(tx, batch)
	})
	if err != nil {
		return err
	}
	_ = batch.Settle() // what it cannot clear away the next run does
	r.remember(old, tree)
	return nil
}

// finishObjects makes the blobs durable together with the trees of the index,
// which git commit would else make loose objects of, one by one.
func (r *run) finishObjects(batch *gitstore.Batch, trees []chunkstore.Tree) error {
	encoder := packfile.NewEncoder()
	for _, t := range trees {
		if err := appendObject(batch, encoder.Encode(packfile.Tree, t.ID, t.Body), r.count+len(trees)); err != nil {
			return err
		}
	}
	return batch.FinishObjects()
}

func appendObject(batch *gitstore.Batch, o packfile.Object, expect int) error {
	defer o.Release()
	return batch.AppendObject(o, expect)
}

// enter changes the index, and the control files in it.
func (r *run) enter(tx *repo.IndexTx, batch *gitstore.Batch) error {
	index := tx.Index()
	for _, path := range r.gone {
		tx.Remove(path)
	}
	for i := range r.todo {
		c := &r.todo[i]
		if !c.isBlob() {
			tx.Remove(c.path) // git has no room for what it is now
			continue
		}
		if err := r.enterBlob(tx, index, c); err != nil {
			return err
		}
	}
	listed, err := r.enterSpec(tx, batch)
	if err != nil {
		return err
	}
	return r.enterAttributes(tx, batch, listed)
}

// enterBlob enters a file or link that the index does not have as it is.
func (r *run) enterBlob(tx *repo.IndexTx, index *repo.Index, c *candidate) error {
	e := c.entry()
	if i, ok := index.Find(c.path); ok {
		was := index.Entries[i]
		if was == e {
			return nil
		}
		c.changed = c.changed || was.ID != e.ID || was.Mode != e.Mode || was.Stage != 0
	} else {
		c.changed = true
	}
	return tx.Set(e)
}

// enterSpec enters .devops/mtree, and tells whether there is one.
func (r *run) enterSpec(tx *repo.IndexTx, batch *gitstore.Batch) (bool, error) {
	s, err := r.readSpec(tx.Index())
	if err != nil {
		return false, err
	}
	s.dropStale(tx.Index())
	r.describe(s)
	if s.Len() == 0 && s.text == nil {
		return false, nil
	}
	return true, r.enterControl(tx, batch, mtree.Path, s.text, s.Encode())
}

// enterControl enters a control file, unless the index has it as it is.
func (r *run) enterControl(tx *repo.IndexTx, batch *gitstore.Batch, path string, was, is []byte) error {
	if was != nil && bytes.Equal(was, is) {
		return nil
	}
	id := chunkstore.BlobID(is)
	if err := appendObject(batch, packfile.NewEncoder().Encode(packfile.Blob, id, is), r.count); err != nil {
		return err
	}
	return put(tx, path, id)
}

// enterAttributes enters a .gitattributes with a line for each large file that
// no attribute names, and one for .devops/mtree if there is one, so that every
// clone knows.
func (r *run) enterAttributes(tx *repo.IndexTx, batch *gitstore.Batch, listed bool) error {
	was, err := r.control(tx.Index(), worktree.AttributesFile)
	if err != nil {
		return err
	}
	is := bytes.Clone(was)
	if listed {
		is = mtree.WithAttribute(is)
	}
	if len(is) > 0 && is[len(is)-1] != '\n' {
		is = append(is, '\n')
	}
	for i := range r.todo {
		c := &r.todo[i]
		if !c.large || c.named {
			continue
		}
		line, err := worktree.LineOf(c.path)
		if err != nil {
			return err
		}
		is = append(append(is, line...), '\n')
	}
	if len(is) <= len(was) {
		return nil
	}
	return r.enterControl(tx, batch, worktree.AttributesFile, was, is)
}

// report tells what was captured, or would be.
func (r *run) report() {
	if r.o.Report == nil {
		return
	}
	for i := range r.todo {
		c := &r.todo[i]
		if c.changed || r.o.DryRun && r.differs(c) {
			r.o.Report(Captured{Path: c.path, Size: c.size(), Large: c.large, Stored: c.stored})
		}
	}
	for _, path := range r.gone {
		r.o.Report(Captured{Path: path, Removed: true})
	}
}
