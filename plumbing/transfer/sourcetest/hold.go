// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// Hold stores chunks in a repository, as what is fetched is stored.
func Hold(t *testing.T, s *gitstore.Store, chunks [][]byte) {
	t.Helper()
	sink, err := transfer.NewStoreSink(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Abandon()
	encoder := packfile.NewEncoder()
	for _, c := range chunks {
		o := encoder.Encode(packfile.Blob, chunkstore.BlobID(c), c)
		err := sink.Append(o)
		o.Release()
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
}
