// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

func wantRaw(t testing.TB, s *Store, chunks ...[]byte) {
	t.Helper()
	for _, c := range chunks {
		raw, err := s.ReadRaw(t.Context(), chunkstore.BlobID(c), nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if data, err := packfile.Decode(raw, nil); err != nil || !bytes.Equal(data, c) {
			t.Errorf("%d bytes instead of %d, %v", len(data), len(c), err)
		}
	}
}

func TestReadRaw(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 3, 100_000)
	store(t, s, chunks...)
	wantRaw(t, s, chunks...)
	buf := make([]byte, 0, 200_000)
	raw, err := s.ReadRaw(t.Context(), chunkstore.BlobID(chunks[0]), buf)
	if err != nil || &raw[0] != &buf[:1][0] {
		t.Errorf("the buffer was not used, %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.ReadRaw(cancelled, chunkstore.BlobID(chunks[0]), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestReadRawOfWhatIsNotHeld: that it lies in a pack, or is another object of
// the repository, does not matter.
func TestReadRawOfWhatIsNotHeld(t *testing.T) {
	s := newStore(t)
	chunk, secret := random(1, 100_000), []byte("secret")
	store(t, s, chunk)
	unhold(t, s, chunk)
	id, err := s.repo.WriteObject("blob", secret)
	must(t, err)
	for _, id := range []chunkstore.ID{chunkstore.BlobID(chunk), id, {1}} {
		var missing *chunkstore.MissingError
		if raw, err := s.ReadRaw(t.Context(), id, nil); !errors.As(err, &missing) || missing.ID != id || raw != nil {
			t.Errorf("%d bytes, %v", len(raw), err)
		}
	}
}

// TestReadRawOfOtherPlaces: loose, in a pack of git's, and as a delta in a pack
// that is kept.
func TestReadRawOfOtherPlaces(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 100_000)
	alike := append(bytes.Clone(chunk), "more"...)
	for _, c := range [][]byte{chunk, alike} {
		id, err := s.repo.WriteObject("blob", c)
		must(t, err)
		must(t, s.Hold(t.Context(), []chunkstore.ID{id}))
	}
	wantRaw(t, s, chunk, alike)
	runGit(t, s.dir(), "repack", "-adq", "--window=10")
	wantRaw(t, open(t, s.dir()), chunk, alike)
	for _, pack := range glob(t, s.packDir, "*.pack") {
		must(t, os.WriteFile(pack[:len(pack)-len("pack")]+"keep", nil, 0o666))
	}
	wantRaw(t, open(t, s.dir()), chunk, alike)
}

// TestReadRawPassesOverDamage where there is another copy; else it says so.
func TestReadRawPassesOverDamage(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 100_000)
	first := store(t, s, chunk)
	unhold(t, s, chunk)
	store(t, s, chunk, random(2, 1000))
	damage(t, first, chunk)
	for range 8 { // the order is that of a map
		wantRaw(t, open(t, s.dir()), chunk)
	}
	alone := newStore(t)
	base := store(t, alone, chunk)
	damage(t, base, chunk)
	var corrupt *chunkstore.CorruptError
	if _, err := alone.ReadRaw(t.Context(), chunkstore.BlobID(chunk), nil); !errors.As(err, &corrupt) || corrupt.Where != base+".pack" {
		t.Error(err)
	}
	must(t, os.Remove(base+".idx"))
	if _, err := open(t, alone.dir()).ReadRaw(t.Context(), chunkstore.BlobID(chunk), nil); !errors.As(err, &corrupt) {
		t.Errorf("held, but gone: %v", err)
	}
}

// TestRefresh: what another process has changed.
func TestRefresh(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 1000)
	store(t, open(t, s.dir()), chunk)
	must(t, s.Refresh())
	wantRaw(t, s, chunk)
	unhold(t, open(t, s.dir()), chunk)
	must(t, s.Refresh())
	var missing *chunkstore.MissingError
	if _, err := s.ReadRaw(t.Context(), chunkstore.BlobID(chunk), nil); !errors.As(err, &missing) {
		t.Error(err)
	}
}
