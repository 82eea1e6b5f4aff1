// SPDX-License-Identifier: Apache-2.0

// Package manifests finds the manifests that the refs and the indexes of a
// repository lead to, and the paths that they stand for. It knows a manifest
// by its content, so what attributes say, or said once, does not matter.
package manifests

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A Found is one manifest. When Err is not nil, what begins like a manifest is
// none, and Manifest is nil.
type Found struct {
	ID       chunkstore.ID
	Manifest *chunkstore.Manifest
	Err      error
}

// Each calls fn once for each manifest that any ref, reflog or index leads to.
func Each(ctx context.Context, r *repo.Repo, g git.Runner, fn func(Found) error) error {
	blobs, err := blobIDs(ctx, g)
	if err != nil {
		return err
	}
	for _, id := range blobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := find(r, id)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		if err := fn(*f); err != nil {
			return err
		}
	}
	return nil
}

// find returns the manifest that a blob is, nil when it is none.
func find(r *repo.Repo, id chunkstore.ID) (*Found, error) {
	data, ok, err := r.Manifest(id)
	if err != nil {
		return nil, fmt.Errorf("read blob: %w", err)
	}
	if !ok {
		return nil, nil
	}
	m, err := chunkstore.ParseManifest(data)
	return &Found{ID: id, Manifest: m, Err: err}, nil
}

// blobIDs lists every blob that is reachable, but for the chunks.
func blobIDs(ctx context.Context, g git.Runner) ([]chunkstore.ID, error) {
	out, err := g.Run(ctx, nil, "rev-list", "--objects", "--no-object-names", "--filter=object:type=blob",
		"--filter-provided-objects", "--exclude="+gitstore.HeldRef, "--all", "--reflog", "--indexed-objects")
	if err != nil {
		return nil, err
	}
	var ids []chunkstore.ID
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		id, err := chunkstore.ParseID(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("read git's output: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, lines.Err()
}

// Chunks calls fn for every chunk that a manifest of Each names; a chunk that
// several name comes several times.
func Chunks(ctx context.Context, r *repo.Repo, g git.Runner, fn func(chunkstore.ID) error) error {
	return Each(ctx, r, g, func(f Found) error {
		if f.Err != nil {
			return nil // fsck's business
		}
		for _, p := range f.Manifest.Pieces {
			if !p.Hole {
				if err := fn(p.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// A Use is a place where a manifest is in use.
type Use struct {
	Ref  string `json:"ref"` // "" for the index
	Path string `json:"path"`
}

func (u Use) String() string { return u.Ref + ":" + u.Path }

// Uses finds the paths of the index and of each ref's tree whose blobs are
// among ids. A manifest that only older commits have has no use here.
func Uses(ctx context.Context, g git.Runner, ids map[chunkstore.ID]bool) (map[chunkstore.ID][]Use, error) {
	uses := map[chunkstore.ID][]Use{}
	note := func(ref, meta, path string) error {
		for _, field := range strings.Fields(meta) {
			if id, err := chunkstore.ParseID(field); err == nil && ids[id] {
				uses[id] = append(uses[id], Use{ref, path})
			}
		}
		return nil
	}
	err := g.LsFiles(ctx, []string{"--stage", "--full-name"}, []string{":/"}, func(record string) error {
		meta, path, _ := strings.Cut(record, "\t")
		return note("", meta, path)
	})
	if err != nil && git.ExitCode(err) != 128 { // 128: no work tree, no index
		return nil, err
	}
	refs, err := g.Run(ctx, nil, "for-each-ref", "--format=%(refname)")
	if err != nil {
		return nil, err
	}
	for ref := range strings.Lines(string(refs)) {
		ref = strings.TrimSuffix(ref, "\n")
		if ref == gitstore.HeldRef {
			continue
		}
		args := []string{"ls-tree", "-r", "-z", "--full-tree", ref}
		err := g.Stream(ctx, nil, args, func(record []byte) error {
			meta, path, _ := strings.Cut(string(record), "\t")
			return note(ref, meta, path)
		})
		if err != nil && git.ExitCode(err) != 128 { // 128: a ref to a blob
			return nil, err
		}
	}
	return uses, nil
}
