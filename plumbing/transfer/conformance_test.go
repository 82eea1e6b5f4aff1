// SPDX-License-Identifier: Apache-2.0

package transfer_test

import (
	"os/exec"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/dir"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/transfer"
	"github.com/git-devops/git-devops/plumbing/transfer/sourcetest"
)

func TestRepository(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T, chunks ...[]byte) sourcetest.Subject {
		path := t.TempDir()
		if out, err := exec.Command("git", "init", "-q", path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		r, err := repo.Open(repo.Options{Dir: path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		s, err := gitstore.Open(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		sourcetest.Hold(t, s, chunks)
		return sourcetest.Subject{Source: transfer.FromStore("here", s, 2), Dir: path}
	})
}

func TestDirectory(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T, chunks ...[]byte) sourcetest.Subject {
		path := t.TempDir()
		d, err := dir.Create(path, passive.Mark{ID: passive.NewStoreID()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		s, err := passive.New(d, passive.Plain{})
		if err != nil {
			t.Fatal(err)
		}
		batch, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			if err := batch.Put(t.Context(), chunkstore.BlobID(c), c); err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		return sourcetest.Subject{
			Source: transfer.FromStore("disk", s, 2),
			Cut:    func() { d.Close() },
			Dir:    path,
		}
	})
}

func TestFaultyStores(t *testing.T) {
	sourcetest.RunFaults(t, func(_ *testing.T, name string, s chunkstore.Store) transfer.Source {
		return transfer.FromStore(name, s, 2)
	})
}
