// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A RemoveError says why a path that was named is not taken from the index.
type RemoveError struct {
	Path string
	Dir  bool // something managed is below it; else it is not managed
}

func (e *RemoveError) Error() string {
	if e.Dir {
		return fmt.Sprintf("'%s' is a directory", e.Path)
	}
	return fmt.Sprintf("'%s' did not match any files", e.Path)
}

// RemoveOptions say what Remove takes from the index.
type RemoveOptions struct {
	Paths     []string // relative to the root and clean
	Recursive bool     // also what is below the paths
	Forget    bool     // what lies there stays, on all hosts
	DryRun    bool
}

// Remove takes paths from the index and from its .devops/mtree, which says of
// them that they are forgotten if they are, and returns them in the order of
// node.ComparePaths. Nothing is done on the root. The
// error is a *RemoveError for a path that is not managed, or where something
// managed is below it.
func (h *Host) Remove(ctx context.Context, o RemoveOptions) (removed []string, err error) {
	err = h.repo.UpdateIndex(ctx, func(tx *repo.IndexTx) error {
		spec, err := h.spec(tx.Index())
		if err != nil {
			return err
		}
		if removed, err = o.choose(tx.Index(), spec); err != nil || o.DryRun {
			return err
		}
		for _, path := range removed {
			tx.Remove(path)
		}
		rest := without(spec, removed)
		for _, path := range removed {
			if o.Forget && path != node.RootPath {
				rest.Set(path, mtree.Forgotten())
			}
		}
		return h.setSpec(tx, spec, rest)
	})
	return removed, err
}

// choose returns what is managed at the paths.
func (o RemoveOptions) choose(index *repo.Index, spec *mtree.Spec) ([]string, error) {
	var all []string
	for _, path := range o.Paths {
		found := managed(index, spec, path)
		switch {
		case len(found) == 0:
			return nil, &RemoveError{Path: path}
		case !o.Recursive && (len(found) > 1 || found[0] != path):
			return nil, &RemoveError{path, true}
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, node.ComparePaths)
	return slices.Compact(all), nil
}

// managed returns the paths at or below a path that the index or spec has.
func managed(index *repo.Index, spec *mtree.Spec, top string) (found []string) {
	add := func(path string) {
		if node.Within(path, top) {
			found = append(found, path)
		}
	}
	for _, e := range index.Entries {
		if !node.IsControl(e.Path) {
			add(e.Path)
		}
	}
	for path, e := range spec.All() {
		if !e.Optional {
			add(path)
		}
	}
	slices.SortFunc(found, node.ComparePaths)
	return slices.Compact(found)
}

// without returns spec without some paths, which are sorted. Of a file with
// several names, the first that stays gets what was said of the first.
func without(spec *mtree.Spec, removed []string) *mtree.Spec {
	rest := spec.Clone()
	first := map[string]string{}
	for _, path := range removed {
		rest.Delete(path)
	}
	for path, e := range spec.All() {
		if _, stays := rest.Get(path); !stays || e.Link == "" || !gone(removed, e.Link) {
			continue
		}
		if at := first[e.Link]; at != "" {
			e.Link = at
			rest.Set(path, e)
			continue
		}
		first[e.Link] = path
		rest.Delete(path)
		if was, ok := spec.Get(e.Link); ok {
			rest.Set(path, was)
		}
	}
	return rest
}

func gone(removed []string, path string) bool {
	_, found := slices.BinarySearchFunc(removed, path, node.ComparePaths)
	return found
}

// spec reads the .devops/mtree of an index.
func (h *Host) spec(index *repo.Index) (*mtree.Spec, error) {
	at, ok := index.Find(mtree.Path)
	if !ok {
		return &mtree.Spec{}, nil
	}
	_, text, err := h.repo.ObjectAtMost(index.Entries[at].ID, mtree.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", mtree.Path, err)
	}
	spec, err := mtree.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", mtree.Path, err)
	}
	return spec, nil
}

// setSpec enters what .devops/mtree says now, if that is not what it said.
func (h *Host) setSpec(tx *repo.IndexTx, was, is *mtree.Spec) error {
	text := is.Encode()
	if bytes.Equal(was.Encode(), text) {
		return nil
	}
	if is.Len() == 0 {
		tx.Remove(mtree.Path)
		return nil
	}
	id, err := h.repo.WriteObject("blob", text)
	if err != nil {
		return err
	}
	err = tx.Set(repo.Entry{Path: mtree.Path, Mode: repo.ModeFile, ID: id, SkipWorktree: true})
	if err != nil || was.Len() > 0 {
		return err
	}
	return h.setAttribute(tx)
}

const attributesFile = ".gitattributes"

// setAttribute has git merge .devops/mtree with our driver.
func (h *Host) setAttribute(tx *repo.IndexTx) error {
	var was []byte
	if at, ok := tx.Index().Find(attributesFile); ok {
		var err error
		if _, was, err = h.repo.Object(tx.Index().Entries[at].ID); err != nil {
			return fmt.Errorf("read %s: %w", attributesFile, err)
		}
	}
	is := mtree.WithAttribute(was)
	if len(is) == len(was) {
		return nil
	}
	id, err := h.repo.WriteObject("blob", is)
	if err != nil {
		return err
	}
	return tx.Set(repo.Entry{Path: attributesFile, Mode: repo.ModeFile, ID: id, SkipWorktree: true})
}
