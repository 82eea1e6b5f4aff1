// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
)

// A unit is one ref to be made on the server.
type unit struct {
	ref   string
	tree  chunkstore.ID
	bytes int64 // content of its chunks that no earlier unit has
	force bool  // the ref is there and means something else
}

func (u unit) refspec() string {
	refspec := u.tree.String() + ":" + u.ref
	if u.force {
		return "+" + refspec
	}
	return refspec
}

// treeAt returns what a ref of the server names, zero when there is none.
func (l listing) treeAt(ref string) chunkstore.ID {
	if tree, ok := l.parts[ref]; ok {
		return tree
	}
	if hex, ok := strings.CutPrefix(ref, ManifestRefs); ok {
		if id, err := chunkstore.ParseID(hex); err == nil {
			return l.manifests[id]
		}
	}
	return chunkstore.ID{}
}

func (l listing) has(u unit) bool { return l.treeAt(u.ref) == u.tree }

// A plan says what one Push sends.
type plan struct {
	server    *Server
	here      Holder
	there     listing
	partBytes int64

	lacks  []Needed               // manifests that the server lacks
	chunks map[chunkstore.ID]bool // their chunks; true for those it has, or gets by an earlier unit
	trees  *treePack
	units  []unit
	done   map[string]bool // manifests, as in the names of parts, that have their ref in the end
	result Pushed
}

// lacking finds the manifests that the server lacks.
func (p *plan) lacking(ctx context.Context, needed []Needed) error {
	p.done = map[string]bool{}
	for id := range p.there.manifests {
		p.done[id.String()] = true
	}
	seen := map[chunkstore.ID]bool{}
	for _, n := range needed {
		if seen[n.ID] {
			continue
		}
		seen[n.ID] = true
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := p.server.manifest(n.ID)
		if err != nil {
			return fmt.Errorf("read manifest of %q: %w", n.Path, err)
		}
		if m == nil {
			p.result.Unread = append(p.result.Unread, n)
			continue
		}
		if err := p.look(n, chunksOf(m)); err != nil {
			return err
		}
	}
	return nil
}

// look notes a manifest unless the server has it.
func (p *plan) look(n Needed, chunks []slice) error {
	if len(chunks) == 0 {
		return nil // nothing but holes
	}
	if named, ok := p.there.manifests[n.ID]; ok {
		tree, _, err := treeOf(chunks)
		if err != nil || tree == named {
			return err
		}
	}
	p.lacks = append(p.lacks, n)
	for _, c := range chunks {
		p.chunks[c.id] = false
	}
	return nil
}

// make puts the trees that git needs into the scratch repository, and says
// which units are to be pushed in which order.
func (p *plan) make(ctx context.Context, at *scratch) (err error) {
	if p.trees, err = newTreePack(at); err != nil {
		return err
	}
	defer p.trees.abort()
	if err := p.known(ctx); err != nil {
		return err
	}
	absent := &AbsentError{Server: p.server.Name}
	for _, n := range p.lacks {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := p.server.manifest(n.ID)
		if err == nil && m == nil {
			err = &chunkstore.MissingError{ID: n.ID}
		}
		if err != nil {
			return fmt.Errorf("read manifest of %q: %w", n.Path, err)
		}
		switch err := p.addManifest(n, chunksOf(m)); {
		case errors.Is(err, errAbsent) && len(absent.Files) < maxAbsent:
			absent.Files = append(absent.Files, n)
		case errors.Is(err, errAbsent):
			absent.More++
		case err != nil:
			return err
		}
	}
	if len(absent.Files) > 0 {
		return absent
	}
	return p.trees.finish()
}

// known finds what the server has of the chunks, by the manifests there that
// are known here. Their trees tell git.
func (p *plan) known(ctx context.Context) error {
	for id, named := range p.there.manifests {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := p.server.manifest(id)
		if err != nil {
			return err
		}
		if m != nil {
			if err := p.noteThere(chunksOf(m), named); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteThere notes that the server has these chunks, if any matters and the tree
// that is said to name them does.
func (p *plan) noteThere(chunks []slice, named chunkstore.ID) error {
	shared := false
	for _, c := range chunks {
		if _, wanted := p.chunks[c.id]; wanted {
			shared = true
			break
		}
	}
	if !shared {
		return nil
	}
	tree, trees, err := treeOf(chunks)
	if err != nil || tree != named {
		return err
	}
	for _, c := range chunks {
		if _, wanted := p.chunks[c.id]; wanted {
			p.chunks[c.id] = true
		}
	}
	return p.trees.add(trees)
}

var errAbsent = errors.New("chunks are absent")

// addManifest adds the units of a manifest: its own, and before it those of its
// parts if it has more to send than goes into one push. It returns errAbsent
// when a chunk is nowhere.
func (p *plan) addManifest(n Needed, chunks []slice) error {
	parts := divide(chunks, p.partBytes)
	if err := p.resume(n, parts); err != nil {
		return err
	}
	if err := p.present(chunks); err != nil {
		return err
	}
	if p.unsent(chunks) > p.partBytes {
		for i, part := range parts {
			if p.unsent(part) == 0 {
				continue
			}
			if err := p.addUnit(partRef(n, i), part); err != nil {
				return err
			}
		}
	}
	p.result.Manifests++
	p.done[n.ID.String()] = true
	return p.addUnit(ManifestRefs+n.ID.String(), chunks)
}

func partRef(n Needed, i int) string { return fmt.Sprintf("%s%s/%d", PartRefs, n.ID, i) }

// divide cuts chunks, in order, into parts of at least so many bytes; where the
// cuts are depends on the manifest alone.
func divide(chunks []slice, limit int64) (parts [][]slice) {
	begin, bytes := 0, int64(0)
	for i, c := range chunks {
		if bytes += c.length; bytes >= limit || i == len(chunks)-1 {
			parts = append(parts, chunks[begin:i+1])
			begin, bytes = i+1, 0
		}
	}
	return parts
}

// resume notes the parts that an interrupted push has brought to the server.
func (p *plan) resume(n Needed, parts [][]slice) error {
	for i, part := range parts {
		if named, ok := p.there.parts[partRef(n, i)]; ok {
			if err := p.noteThere(part, named); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *plan) present(chunks []slice) error {
	for _, c := range chunks {
		if p.chunks[c.id] {
			continue
		}
		err := p.here.Present(c.id)
		if missing := (*chunkstore.MissingError)(nil); errors.As(err, &missing) {
			return errAbsent
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unsent returns how many bytes of chunks the server would not have by then.
func (p *plan) unsent(chunks []slice) (bytes int64) {
	for _, c := range chunks {
		if !p.chunks[c.id] {
			bytes += c.length
		}
	}
	return bytes
}

func (p *plan) addUnit(ref string, chunks []slice) error {
	tree, trees, err := treeOf(chunks)
	if err != nil {
		return err
	}
	old := p.there.treeAt(ref)
	u := unit{ref: ref, tree: tree, bytes: p.unsent(chunks), force: !old.IsZero() && old != tree}
	for _, c := range chunks {
		if !p.chunks[c.id] {
			p.chunks[c.id] = true
			p.result.Chunks++
		}
	}
	p.result.Bytes += u.bytes
	p.units = append(p.units, u)
	return p.trees.add(trees)
}

// complete says whether the manifest of a part has its ref.
func (p *plan) complete(ref string) bool {
	hex, _, _ := strings.Cut(strings.TrimPrefix(ref, PartRefs), "/")
	return p.done[hex]
}
