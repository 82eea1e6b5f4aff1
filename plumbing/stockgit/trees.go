// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// slice is a chunk and its length.
type slice struct {
	id     chunkstore.ID
	length int64
}

// chunksOf returns the chunks of a manifest in order, each once.
func chunksOf(m *chunkstore.Manifest) []slice {
	seen := make(map[chunkstore.ID]bool, len(m.Pieces))
	chunks := make([]slice, 0, len(m.Pieces))
	for _, p := range m.Pieces {
		if !p.Hole && !seen[p.ID] {
			seen[p.ID] = true
			chunks = append(chunks, slice{p.ID, p.Length})
		}
	}
	return chunks
}

// treeOf returns the tree of a set of chunks, and those it consists of.
func treeOf(chunks []slice) (root chunkstore.ID, trees []chunkstore.Tree, err error) {
	ids := make([]chunkstore.ID, len(chunks))
	for i, c := range chunks {
		ids[i] = c.id
	}
	return chunkstore.OpenHeld(nil, chunkstore.ID{}).Update(ids, nil)
}

// A treePack is a pack of such trees in a scratch repository. There they may
// name chunks that are not here: to tell git what a server has, the tree alone
// will do.
type treePack struct {
	scratch *scratch
	writer  *packfile.Writer
	encoder *packfile.Encoder
}

func newTreePack(s *scratch) (*treePack, error) {
	w, err := packfile.Create(s.spool(), 0)
	if err != nil {
		return nil, err
	}
	return &treePack{s, w, packfile.NewEncoder()}, nil
}

func (p *treePack) add(trees []chunkstore.Tree) error {
	for _, t := range trees {
		o := p.encoder.Encode(packfile.Tree, t.ID, t.Body)
		err := p.writer.Append(o)
		o.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// finish shows the pack to git.
func (p *treePack) finish() error {
	_, err := p.writer.Finish(p.scratch.packDir(), "")
	if errors.Is(err, packfile.ErrEmpty) {
		return nil
	}
	return err
}

// abort drops a pack that was not finished.
func (p *treePack) abort() { p.writer.Abort() }
