// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Hint returns the manifest that a blob is, nil when it is none or cannot be
// read: it is for what only goes faster with it.
func Hint(r *repo.Repo, id chunkstore.ID) *chunkstore.Manifest {
	found, err := find(r, id)
	if err != nil || found == nil {
		return nil
	}
	return found.Manifest
}
