// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/manifests"
)

// A Need is the chunks that some files consist of.
type Need struct {
	Files  int
	Chunks int   // distinct ones
	Size   int64 // bytes of content in these chunks
	// Lacking are those that this repository does not hold, each once, in the
	// order of the files: chunks of one file come together.
	Lacking []chunkstore.Piece
	// Unreadable are the paths, or the blob ids where there is no path, whose
	// manifests cannot be read, with the reason.
	Unreadable map[string]error
	// Except are chunks that do not count: they need not be here.
	Except map[chunkstore.ID]bool

	seen map[chunkstore.ID]bool
}

// LackingSize returns how many bytes of content are lacking.
func (n *Need) LackingSize() (bytes int64) {
	for _, w := range n.Lacking {
		bytes += w.Length
	}
	return bytes
}

// Has tells whether id is one of the chunks.
func (n *Need) Has(id chunkstore.ID) bool { return n.seen[id] }

// NewNeed returns the need of no file.
func NewNeed() *Need {
	return &Need{Unreadable: map[string]error{}, seen: map[chunkstore.ID]bool{}}
}

// AddTree adds what the large files of a tree-ish, or of the index for "",
// need; with pathspecs, those that match.
func (w *Worktree) AddTree(ctx context.Context, n *Need, tree string, pathspecs []string) error {
	entries, err := w.largeEntries(ctx, tree, pathspecs)
	if err != nil {
		return err
	}
	for _, e := range entries {
		t := w.target(e)
		switch {
		case t == nil:
		case t.err != nil:
			n.Unreadable[e.Path] = t.err
		default:
			if err := w.addManifest(ctx, n, t.manifest); err != nil {
				return err
			}
		}
	}
	return nil
}

// AddAll adds what every manifest that a ref, a reflog or an index leads to
// needs.
func (w *Worktree) AddAll(ctx context.Context, n *Need) error {
	return manifests.Each(ctx, w.Repo, w.Git, func(f manifests.Found) error {
		if f.Err != nil {
			n.Unreadable[f.ID.String()] = f.Err
			return nil
		}
		return w.addManifest(ctx, n, f.Manifest)
	})
}

func (w *Worktree) addManifest(ctx context.Context, n *Need, m *chunkstore.Manifest) error {
	n.Files++
	return w.AddPieces(ctx, n, m.Pieces)
}

// AddPieces adds chunks that belong to no file, or not yet.
func (w *Worktree) AddPieces(ctx context.Context, n *Need, pieces []chunkstore.Piece) error {
	for _, p := range pieces {
		if p.Hole || n.seen[p.ID] || n.Except[p.ID] {
			continue
		}
		n.seen[p.ID] = true
		n.Chunks++
		n.Size += p.Length
		held, err := w.Store.Has(ctx, p.ID)
		if err != nil {
			return err
		}
		if !held {
			n.Lacking = append(n.Lacking, chunkstore.Piece{ID: p.ID, Length: p.Length})
		}
	}
	return nil
}
