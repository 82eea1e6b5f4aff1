// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"testing/synctest"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/plumbing/transfer/sourcetest"
)

func TestConformance(t *testing.T) {
	h := newHost(t)
	recipient := key(t, h.dir, "key")
	if out, err := exec.Command("git", "-C", h.dir, "config", IdentityKey, "~/key").CombinedOutput(); err != nil {
		t.Fatalf("git config: %v: %s", err, out)
	}
	sourcetest.Run(t, func(t *testing.T, chunks ...[]byte) sourcetest.Subject {
		s, _, err := h.Add(t.Context(), Config{Name: "sealed", URL: url(t), Recipients: []string{recipient}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			s.Close()
			if err := h.Remove(context.WithoutCancel(t.Context()), "sealed"); err != nil {
				t.Error(err)
			}
		})
		b, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			if err := b.Put(t.Context(), chunkstore.BlobID(c), c); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		return sourcetest.Subject{Source: s.Source(), Cut: func() { s.Close() }}
	})
}

// TestHungSource: whoever asks is not kept by a disk that does not answer.
func TestHungSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		defer close(until)
		disk, err := passive.New(hung{until: until}, passive.Plain{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		asked := make(chan error)
		go func() {
			_, err := (&Store{Store: disk}).Source().Have(ctx, []chunkstore.ID{{1}})
			asked <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-asked; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

type hung struct {
	passive.Bodies
	until chan struct{}
}

func (hung) Mark() passive.Mark { return passive.Mark{} }

func (h hung) Have(context.Context, []chunkstore.ID) ([]bool, error) {
	<-h.until
	return nil, errors.New("input/output error")
}
