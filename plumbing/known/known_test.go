// SPDX-License-Identifier: Apache-2.0

package known

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

func id(b byte) (id chunkstore.ID) {
	for i := range id {
		id[i] = b
	}
	return id
}

func example() Snapshot {
	return Snapshot{When: time.Unix(1132574400, 0).UTC(), Origin: [16]byte{15: 1}, IDs: []chunkstore.ID{id(1), id(2)}}
}

func TestGolden(t *testing.T) {
	golden, err := os.ReadFile("testdata/known-1")
	if err != nil {
		t.Fatal(err)
	}
	if got := example().encode(); !bytes.Equal(got, golden) {
		t.Errorf("encoded %x, want %x", got, golden)
	}
	s, err := parse(golden)
	if diff := cmp.Diff(example(), s); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestRefused(t *testing.T) {
	good := example().encode()
	change := func(at int, b ...byte) []byte {
		return append(append(bytes.Clone(good[:at]), b...), good[at+len(b):]...)
	}
	unsorted, twice, late := example(), example(), example()
	slices.Reverse(unsorted.IDs)
	twice.IDs[1] = twice.IDs[0]
	late.When = time.Unix(maxTime, 0)
	for name, data := range map[string][]byte{
		"empty":       nil,
		"cut":         good[:len(good)-1],
		"more":        append(bytes.Clone(good), 0),
		"magic":       change(0, 'G'),
		"checksum":    change(60, 9),
		"count":       change(20, 0xff, 0xff, 0xff, 0xff),
		"fewer":       change(20, 0, 0, 0, 1),
		"unsorted":    unsorted.encode(),
		"twice":       twice.encode(),
		"after 36812": late.encode(),
	} {
		var format *chunkstore.FormatError
		if s, err := parse(data); !errors.As(err, &format) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	if _, err := parse(change(16, 0, 0, 0, 2)); !errors.Is(err, chunkstore.ErrVersion) {
		t.Errorf("a newer version: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example().encode())
	f.Add(Snapshot{When: time.Unix(0, 0)}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := parse(data); err == nil && !bytes.Equal(s.encode(), data) {
			t.Errorf("%x is another spelling of %x", data, s.encode())
		}
	})
}

func FuzzPlace(f *testing.F) {
	f.Add("store-disk 1/ü%2F")
	f.Fuzz(func(t *testing.T, place string) {
		name := fileName(place)
		if bytes.ContainsAny([]byte(name), "/\x00\n") || name == "." || name == ".." {
			t.Fatalf("%q is the file %q", place, name)
		}
		if got, ok := placeOf(name); ok != (check(place) == nil) || ok && got != place {
			t.Errorf("%q is the file %q, that is %q, %v", place, name, got, ok)
		}
	})
}

func TestUpdate(t *testing.T) {
	k := Open(t.TempDir())
	if _, err := k.Load("store-a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("never asked: %v", err)
	}
	when := time.Unix(1000, 5)
	if err := k.Save("store-a", when, []chunkstore.ID{id(3), id(1), id(3)}); err != nil {
		t.Fatal(err)
	}
	s, err := k.Load("store-a")
	if diff := cmp.Diff(Snapshot{When: time.Unix(1000, 0).UTC(), IDs: []chunkstore.ID{id(1), id(3)}}, s); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if err := k.Update("store-a", []chunkstore.ID{id(2), id(3)}, []chunkstore.ID{id(1), id(9)}); err != nil {
		t.Fatal(err)
	}
	s, err = k.Load("store-a")
	if err != nil || s.Has(id(1)) || !s.Has(id(2)) || !s.Has(id(3)) || len(s.IDs) != 2 || !s.When.After(when) {
		t.Errorf("after Update: %v, %v", s, err)
	}
	if err := k.UpdateOf("store-a", [16]byte{1}, []chunkstore.ID{id(5)}, nil); err != nil {
		t.Fatal(err)
	}
	if s, err = k.Load("store-a"); err != nil || len(s.IDs) != 1 {
		t.Errorf("of another store: %v, %v", s, err)
	}
}

func TestPlaces(t *testing.T) {
	k := Open(t.TempDir())
	want := []string{"peer-../../x", "peer-a/b", "store-disk 1"}
	for _, place := range want {
		if err := k.Save(place, time.Now(), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, place := range []string{"", "store-", "disk", "x-y"} {
		if err := k.Save(place, time.Now(), nil); err == nil {
			t.Errorf("%q: no error", place)
		}
	}
	got, err := k.Places()
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if err := k.Forget(want[0]); err != nil {
		t.Error(err)
	}
	if got, err := k.Places(); err != nil || !slices.Equal(got, want[1:]) {
		t.Errorf("after Forget: %q, %v", got, err)
	}
}

// TestDamaged: a damaged file is said to be, and the next Update replaces it.
func TestDamaged(t *testing.T) {
	k := Open(t.TempDir())
	if err := k.Save("peer-a", time.Now(), []chunkstore.ID{id(1)}); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(k.dir, "peer-a"), 50); err != nil {
		t.Fatal(err)
	}
	var format *chunkstore.FormatError
	if _, err := k.Load("peer-a"); !errors.As(err, &format) {
		t.Errorf("Load: %v", err)
	}
	if err := k.Update("peer-a", []chunkstore.ID{id(2)}, nil); err != nil {
		t.Error(err)
	}
	if s, err := k.Load("peer-a"); err != nil || !s.Has(id(2)) {
		t.Errorf("after Update: %v, %v", s, err)
	}
}

func TestConcurrent(t *testing.T) {
	k := Open(t.TempDir())
	var wg sync.WaitGroup
	for i := range byte(20) {
		wg.Go(func() {
			if err := k.Update("peer-a", []chunkstore.ID{id(i)}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s, err := k.Load("peer-a"); err != nil || len(s.IDs) != 20 {
		t.Errorf("%d of 20 updates are there, %v", len(s.IDs), err)
	}
}
