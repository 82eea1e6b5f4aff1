// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// oneLarge returns a work tree whose only large file is at path, and the same
// without any chunk: a clone.
func oneLarge(t *testing.T, path string, content []byte) (full, clone *Worktree) {
	t.Helper()
	dir := newDir(t)
	write(t, filepath.Join(dir, ConfigFile), []byte(smallConfig))
	write(t, filepath.Join(dir, path), content)
	full = open(t, dir)
	must(t, add(t.Context(), full, "."))
	runGit(t, dir, "commit", "-q", "-m", "one")
	to := t.TempDir()
	runGit(t, to, "clone", "-q", "--no-hardlinks", "--no-local", dir, ".")
	return full, open(t, to)
}

// fetchFrom copies chunks, and counts them.
func fetchFrom(t *testing.T, from, to *Worktree, count *int) func(context.Context, []chunkstore.Piece) error {
	return func(ctx context.Context, absent []chunkstore.Piece) error {
		for _, p := range absent {
			data, err := from.Store.Get(ctx, p.ID)
			if err == nil {
				err = to.Store.Put(ctx, p.ID, data)
			}
			if err != nil {
				return err
			}
			*count++
		}
		return nil
	}
}

func TestFetchOnDemand(t *testing.T) {
	content := random(1, 2_000_000)
	full, clone := oneLarge(t, "big", content)
	fetched := 0
	clone.Fetch = fetchFrom(t, full, clone, &fetched)

	var part bytes.Buffer
	must(t, clone.Cat(t.Context(), "HEAD:big", &part, 1_000_000, 10))
	if !bytes.Equal(part.Bytes(), content[1_000_000:1_000_010]) || fetched != 1 {
		t.Errorf("cat of ten bytes fetched %d chunks", fetched)
	}
	must(t, clone.Checkout(t.Context(), CheckoutOptions{Force: true}))
	got, err := os.ReadFile(filepath.Join(clone.Repo.WorkTree(), "big"))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("checkout: %v, %d bytes", err, len(got))
	}
	n := NewNeed()
	must(t, clone.AddTree(t.Context(), n, "HEAD", nil))
	if n.Files != 1 || n.Chunks != fetched || n.Size != int64(len(content)) || len(n.Lacking) != 0 {
		t.Errorf("fetched %d chunks, needed %+v", fetched, n)
	}
}

func TestCheckoutFetchesNothingThatIsThere(t *testing.T) {
	_, clone := oneLarge(t, "big", random(1, 1_000_000))
	write(t, filepath.Join(clone.Repo.WorkTree(), "big"), random(1, 1_000_000))
	clone.Fetch = func(context.Context, []chunkstore.Piece) error {
		t.Error("fetched")
		return nil
	}
	must(t, clone.Checkout(t.Context(), CheckoutOptions{}))
}

// TestCheckoutKeepsWhatChangedMeanwhile: fetching takes long, and the person
// goes on working.
func TestCheckoutKeepsWhatChangedMeanwhile(t *testing.T) {
	full, clone := oneLarge(t, "big", random(1, 1_000_000))
	path := filepath.Join(clone.Repo.WorkTree(), "big")
	fetched := 0
	clone.Fetch = func(ctx context.Context, absent []chunkstore.Piece) error {
		must(t, os.WriteFile(path, []byte("mine"), 0o666))
		return fetchFrom(t, full, clone, &fetched)(ctx, absent)
	}
	var result error
	must(t, clone.Checkout(t.Context(), CheckoutOptions{Report: func(c CheckedOut) { result = c.Err }}))
	if got, err := os.ReadFile(path); string(got) != "mine" || !errors.Is(result, ErrModified) || fetched == 0 {
		t.Errorf("fetched %d chunks, reported %v, left %.20q, %v", fetched, result, got, err)
	}
}

// lackOne returns a clone with two large files that lacks one chunk of "a",
// and what brings chunks to it.
func lackOne(t *testing.T) (clone *Worktree, bring func(context.Context, []chunkstore.Piece) error) {
	t.Helper()
	dir := newDir(t)
	write(t, filepath.Join(dir, ConfigFile), []byte(smallConfig))
	write(t, filepath.Join(dir, "a"), random(1, 1_000_000))
	write(t, filepath.Join(dir, "b"), random(2, 1_000_000))
	full := open(t, dir)
	must(t, add(t.Context(), full, "."))
	runGit(t, dir, "commit", "-q", "-m", "one")
	to := t.TempDir()
	runGit(t, to, "clone", "-q", "--no-hardlinks", "--no-local", dir, ".")
	clone = open(t, to)
	need := NewNeed()
	must(t, clone.AddTree(t.Context(), need, "HEAD", nil))
	count := 0
	bring = fetchFrom(t, full, clone, &count)
	must(t, bring(t.Context(), need.Lacking[1:]))
	return clone, bring
}

// TestCheckoutWritesWhileChunksCome: a file that lacks nothing does not wait.
func TestCheckoutWritesWhileChunksCome(t *testing.T) {
	clone, bring := lackOne(t)
	written := make(chan string, 2)
	var before []string
	clone.Fetch = func(ctx context.Context, absent []chunkstore.Piece) error {
		select {
		case path := <-written:
			before = append(before, path)
		case <-time.After(10 * time.Second):
		}
		return bring(ctx, absent)
	}
	must(t, clone.Checkout(t.Context(), CheckoutOptions{Force: true, Report: func(c CheckedOut) {
		if c.Err != nil {
			t.Error(c.Path, c.Err)
		}
		written <- c.Path
	}}))
	if len(before) != 1 || len(written) != 1 {
		t.Errorf("%q came before the fetch had ended, %d later", before, len(written))
	}
}

// TestCheckoutTellsWhatTheFetchSaid, and leaves nothing half-written.
func TestCheckoutTellsWhatTheFetchSaid(t *testing.T) {
	clone, _ := lackOne(t)
	broken := errors.New("the disk is full")
	clone.Fetch = func(context.Context, []chunkstore.Piece) error { return broken }
	if err := clone.Checkout(t.Context(), CheckoutOptions{Force: true}); !errors.Is(err, broken) || err.Error() != broken.Error() {
		t.Errorf("the error is %v", err)
	}
	spooled, err := os.ReadDir(clone.spoolDir())
	if err != nil || len(spooled) > 0 {
		t.Error(spooled, err)
	}
}

// TestFailedCheckoutEndsTheFetch whose chunks nobody needs any more.
func TestFailedCheckoutEndsTheFetch(t *testing.T) {
	clone, _ := lackOne(t)
	fetching := make(chan struct{})
	clone.Fetch = func(ctx context.Context, _ []chunkstore.Piece) error {
		close(fetching)
		<-ctx.Done()
		return ctx.Err()
	}
	a := clone.fetchBeside(t.Context(), []chunkstore.Piece{{Length: 1}})
	<-fetching
	broken := errors.New("the disk is full")
	if err := a.end(broken); err != broken {
		t.Errorf("the error is %v", err)
	}
}
