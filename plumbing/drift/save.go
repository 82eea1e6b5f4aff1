// SPDX-License-Identifier: Apache-2.0

package drift

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Ref names the newest commit of drift.
const Ref = host.DriftRef

// A Run is the apply that saves.
type Run struct {
	Name string // what its report calls it
	Host string
	// Applied is the commit that the drift is from, zero for none; Target the
	// one that is to be applied.
	Applied, Target chunkstore.ID
	Time            time.Time
}

// An Entry is one path that has drifted.
type Entry struct {
	Path string
	// Live is what is there. Of nil, for what was deleted, and of a socket only
	// the message tells.
	Live *node.Node
	// Aspects are those in which it is not what was applied.
	Aspects node.Aspect
}

// A Saver saves from one root into one repository.
type Saver struct {
	Repo   *repo.Repo
	Store  *gitstore.Store
	Params chunkstore.Params // how large files are cut
	Root   Root
}

// Save commits the live versions of entries and returns the commit, which is
// durable then, with all that it names. When the newest commit says just the
// same, as after a run that was killed, Save returns that one. The error is a
// *ChangedError when a path is not any more what its entry says; then the ref
// has not moved.
func (s *Saver) Save(ctx context.Context, run Run, entries []Entry) (chunkstore.ID, error) {
	batch, err := s.Store.Begin(ctx)
	if err != nil {
		return chunkstore.ID{}, err
	}
	commit, err := s.save(ctx, batch, run, entries)
	if err != nil {
		if ctx.Err() != nil {
			batch.Abandon()
		}
		batch.Abort()
		return chunkstore.ID{}, fmt.Errorf("save drift: %w", err)
	}
	_ = batch.Settle() // what it cannot clear away the next run does
	return commit, nil
}

func (s *Saver) save(ctx context.Context, batch *gitstore.Batch, run Run, entries []Entry) (chunkstore.ID, error) {
	w := &writer{Saver: s, batch: batch, encoder: packfile.NewEncoder(), expect: 2*len(entries) + 2}
	for i := range entries {
		if err := ctx.Err(); err != nil {
			return chunkstore.ID{}, err
		}
		if err := w.entry(ctx, &entries[i]); err != nil {
			return chunkstore.ID{}, err
		}
	}
	tree, err := w.finish(ctx)
	if err != nil {
		return chunkstore.ID{}, err
	}
	for {
		id, err := s.commit(tree, run, entries)
		if !errors.Is(err, repo.ErrRefMoved) || ctx.Err() != nil {
			return id, err
		}
	}
}

func (s *Saver) commit(tree chunkstore.ID, run Run, entries []Entry) (chunkstore.ID, error) {
	last, ok, err := s.Repo.Ref(Ref)
	if err != nil {
		return last, err
	}
	c := repo.Commit{Tree: tree, Author: repo.Author(run.Host), Time: run.Time, Message: message(run, entries)}
	if ok {
		newest, err := s.Repo.Commit(last)
		if err != nil {
			return last, err
		}
		if newest.Tree == tree && sameDrift(newest.Message, c.Message) {
			return last, nil
		}
		c.Parents = []chunkstore.ID{last}
	}
	id, err := s.Repo.WriteObject("commit", c.Encode())
	if err != nil {
		return id, err
	}
	return id, s.Repo.SwapRef(Ref, last, id, subject(len(entries)))
}

// A writer makes the tree of one commit.
type writer struct {
	*Saver
	batch   *gitstore.Batch
	encoder *packfile.Encoder
	expect  int // objects that there will probably be
	spec    mtree.Spec
	blobs   []repo.Entry
}

func (w *writer) entry(ctx context.Context, e *Entry) error {
	if e.Live == nil || e.Live.Type == node.Socket {
		return nil
	}
	n := *e.Live
	n.Link, n.Implied = "", false // the other names may not be here
	executable := n.Type == node.File && n.Perm&0o100 != 0
	if line, needed := mtree.Of(n, executable); needed || n.Type != node.File && n.Type != node.Symlink {
		w.spec.Set(e.Path, line)
	}
	mode := uint32(repo.ModeFile)
	switch {
	case n.Type == node.Symlink:
		mode = repo.ModeLink
	case n.Type != node.File:
		return nil
	case executable:
		mode = repo.ModeExecutable
	}
	id, err := w.content(ctx, e)
	if err != nil {
		return err
	}
	w.blobs = append(w.blobs, repo.Entry{Path: e.Path, Mode: mode, ID: id})
	return nil
}

// finish writes the tree and makes everything durable.
func (w *writer) finish(ctx context.Context) (chunkstore.ID, error) {
	spec, err := w.blob(w.spec.Encode())
	if err != nil {
		return spec, err
	}
	trees := repo.BuildTrees(append(w.blobs, repo.Entry{Path: mtree.Path, Mode: repo.ModeFile, ID: spec}))
	for _, t := range trees {
		if err := w.object(packfile.Tree, t.ID, t.Body); err != nil {
			return t.ID, err
		}
	}
	if err := w.batch.Commit(ctx); err != nil {
		return spec, err
	}
	return trees[len(trees)-1].ID, w.batch.FinishObjects()
}

func (w *writer) blob(data []byte) (chunkstore.ID, error) {
	id := chunkstore.BlobID(data)
	return id, w.object(packfile.Blob, id, data)
}

func (w *writer) object(kind packfile.Kind, id chunkstore.ID, data []byte) error {
	o := w.encoder.Encode(kind, id, data)
	defer o.Release()
	return w.batch.AppendObject(o, w.expect)
}
