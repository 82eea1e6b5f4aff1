// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Read returns the manifest that a large file stands as. The errors are those
// of repo.Object and of chunkstore.ParseManifest.
func Read(r *repo.Repo, id chunkstore.ID) (*chunkstore.Manifest, error) {
	_, data, err := r.Object(id)
	if err != nil {
		return nil, err
	}
	m, err := chunkstore.ParseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("manifest %v: %w", id, err)
	}
	return m, nil
}

// Hint returns the manifest that a blob is, nil when it is none or cannot be
// read: it is for what only goes faster with it.
func Hint(r *repo.Repo, id chunkstore.ID) *chunkstore.Manifest {
	found, err := find(r, id)
	if err != nil || found == nil {
		return nil
	}
	return found.Manifest
}
