// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// TestCheckFindsDamage: what is wrong is named, and nothing else.
func TestCheckFindsDamage(t *testing.T) {
	chunks := several(1, 8, 100_000)
	victim := chunkstore.BlobID(chunks[3])
	tests := []struct {
		name    string
		damage  func(t *testing.T, s *Store, base string)
		quick   bool // Quick finds it, too
		pack    bool // a pack is named
		chunk   bool // the chunk is named
		missing bool // as absent
		others  bool // other chunks are affected
	}{
		{name: "nothing", damage: func(*testing.T, *Store, string) {}},
		{name: "byte of a chunk", damage: func(t *testing.T, _ *Store, base string) { damage(t, base, chunks[3]) },
			pack: true, chunk: true},
		{name: "trailer of the pack", damage: func(t *testing.T, _ *Store, base string) {
			fi, err := os.Stat(base + ".pack")
			must(t, err)
			flip(t, base+".pack", fi.Size()-1)
		}, quick: true, pack: true, chunk: true, others: true},
		{name: "truncated pack", damage: func(t *testing.T, _ *Store, base string) { must(t, os.Truncate(base+".pack", 1000)) },
			quick: true, pack: true, chunk: true, others: true},
		{name: "truncated index", damage: func(t *testing.T, _ *Store, base string) { must(t, os.Truncate(base+".idx", 1000)) },
			quick: true, pack: true, chunk: true, others: true},
		{name: "crc in the index", damage: func(t *testing.T, _ *Store, base string) { flip(t, base+".idx", 8+256*4+8*20+1) },
			quick: true, pack: true},
		{name: "pack is gone", damage: func(t *testing.T, _ *Store, base string) { must(t, removePack(base)) },
			quick: true, chunk: true, missing: true, others: true},
		{name: "held but absent", damage: func(t *testing.T, s *Store, _ string) {
			must(t, s.Hold(t.Context(), []chunkstore.ID{{1, 2, 3}}))
		}, quick: true, missing: true, others: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(t)
			base := store(t, s, chunks...)
			tt.damage(t, s, base)
			for _, quick := range []bool{true, false} {
				s := open(t, s.dir())
				found := check(t, s, CheckOptions{Quick: quick})
				if want := tt.quick || !quick && (tt.pack || tt.chunk); want != (len(found) > 0) {
					t.Errorf("quick %v: %d damages, %+v", quick, len(found), found)
				}
				var pack, chunk bool
				for _, d := range found {
					pack = pack || strings.HasPrefix(d.Path, base)
					chunk = chunk || d.ID == victim
					var missing *chunkstore.MissingError
					if is := errors.As(d.Err, &missing); d.ID != (chunkstore.ID{}) && tt.missing && !is {
						t.Errorf("quick %v: not missing: %+v", quick, d)
					}
					if d.ID != (chunkstore.ID{}) && d.ID != victim && !tt.others {
						t.Errorf("quick %v: another chunk: %+v", quick, d)
					}
				}
				if !quick && (pack != tt.pack || chunk != tt.chunk) {
					t.Errorf("pack named: %v, chunk named: %v; %+v", pack, chunk, found)
				}
			}
		})
	}
}

// TestEveryPageOfAPack: a flipped byte anywhere is found.
func TestEveryPageOfAPack(t *testing.T) {
	s := newStore(t)
	base := store(t, s, several(1, 3, 20_000)...)
	for _, path := range []string{base + ".pack", base + ".idx"} {
		fi, err := os.Stat(path)
		must(t, err)
		for at := int64(0); at < fi.Size(); at += 1009 {
			flip(t, path, at)
			if found := check(t, open(t, s.dir()), CheckOptions{}); len(found) == 0 {
				t.Errorf("%s: byte %d is not noticed", path, at)
			}
			flip(t, path, at)
		}
	}
	wantSound(t, open(t, s.dir()))
}

func TestCheckProgressAndCancel(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 8, 1000)
	store(t, s, chunks...)
	var n atomic.Int64
	must(t, s.Check(t.Context(), CheckOptions{Progress: func(k int64) { n.Add(k) }}, func(d Damage) { t.Errorf("%+v", d) }))
	if n.Load() != 8000 {
		t.Errorf("progress of %d bytes", n.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Check(ctx, CheckOptions{}, func(Damage) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestPresent(t *testing.T) {
	s := newStore(t)
	chunk, loose := random(1, 1000), random(2, 1000)
	store(t, s, chunk)
	_, err := s.repo.WriteObject("blob", loose)
	must(t, err)
	for _, c := range [][]byte{chunk, loose} {
		must(t, s.Present(chunkstore.BlobID(c)))
	}
	var missing *chunkstore.MissingError
	if err := s.Present(chunkstore.ID{1}); !errors.As(err, &missing) || missing.ID != (chunkstore.ID{1}) {
		t.Errorf("absent: %v", err)
	}
	s = newStore(t)
	flip(t, store(t, s, chunk)+".idx", 0)
	if err := open(t, s.dir()).Present(chunkstore.BlobID(chunk)); err == nil {
		t.Error("behind a damaged index: no error")
	}
}
