// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	"errors"
	"hash/crc32"
	"runtime"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

func entry(kind Kind, data []byte) []byte {
	o := NewEncoder().Encode(kind, chunkstore.ObjectID(kind.String(), data), data)
	defer o.Release()
	return o.Raw(nil)
}

func TestDecode(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": {}, "one": []byte("x"), "text": text(1, 50_000), "stored": random(1, 100),
		"one block": random(1, maxBlock), "two blocks": random(2, maxBlock+1), "many blocks": random(3, 1_000_000),
	} {
		t.Run(name, func(t *testing.T) {
			raw := entry(Blob, data)
			buf := make([]byte, 0, len(data)+1)
			got, err := Decode(raw, buf)
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			if len(got) > 0 && &got[0] != &buf[:1][0] {
				t.Error("the buffer was not used")
			}
		})
	}
}

// TestDecodeCopiesStored: a wrong Adler-32, which inflating would notice, shows
// that stored content is not inflated.
func TestDecodeCopiesStored(t *testing.T) {
	data := random(1, 200_000)
	raw := entry(Blob, data)
	raw[len(raw)-1] ^= 1
	if got, err := Decode(raw, nil); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	stored, deflated := entry(Blob, random(1, 200_000)), entry(Blob, text(1, 5000))
	change := func(raw []byte, at int) []byte {
		raw = bytes.Clone(raw)
		raw[at] ^= 0x55
		return raw
	}
	claims := func(size int64) []byte {
		return append(appendEntryHeader(nil, Blob, size), deflated[3:]...)
	}
	for name, tc := range map[string]struct {
		raw  []byte
		says string
	}{
		"nothing":             {nil, "header cut short"},
		"header":              {[]byte{0xb0}, "header cut short"},
		"size out of range":   {[]byte("\xbf\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "size out of range"},
		"unknown type":        {[]byte{0x50}, "unknown entry type"},
		"over the limit":      {claims(MaxContent + 1), "longer than a chunk may be"},
		"not possible":        {claims(MaxContent), "cannot be that long"},
		"shorter":             {claims(5001), "unexpected EOF"},
		"longer":              {claims(4999), "longer than declared"},
		"stored cut short":    {stored[:len(stored)-1], ""},
		"deflated cut short":  {deflated[:len(deflated)-1], ""},
		"rest":                {append(bytes.Clone(deflated), 0), "bytes follow"},
		"block header":        {change(stored, 3+2+5+maxBlock+1), "stored content is damaged"},
		"deflated, a byte":    {change(deflated, len(deflated)/2), ""},
		"deflated, the Adler": {change(deflated, len(deflated)-1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var bad *FormatError
			data, err := Decode(tc.raw, nil)
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.says) || data != nil {
				t.Errorf("%d bytes, %v", len(data), err)
			}
		})
	}
	if _, err := Decode(entry(Tree, nil), nil); !errors.Is(err, ErrNotBlob) {
		t.Errorf("tree: %v", err)
	}
	if _, err := Decode([]byte("\x71aaaaaaaaaaaaaaaaaaaax"), nil); !errors.Is(err, ErrDelta) {
		t.Errorf("delta: %v", err)
	}
}

// TestDecodeDoesNotAllocate what only the entry's header speaks of.
func TestDecodeDoesNotAllocate(t *testing.T) {
	raw := append(appendEntryHeader(nil, Blob, MaxContent), make([]byte, 1000)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Decode(raw, nil)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}

func TestFromRaw(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	items := blobs(text(1, 5000), random(1, 200_000))
	for _, it := range items {
		raw := entry(Blob, it.data)
		o := FromRaw(it.id(), raw)
		if o.Size() != int64(len(raw)) || o.crc != crc32.ChecksumIEEE(raw) || !bytes.Equal(o.Raw(nil), raw) {
			t.Errorf("%+v of %d bytes", o, len(raw))
		}
		if err := w.Append(o); err != nil {
			t.Fatal(err)
		}
		o.Release()
	}
	p, err := w.Finish(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, p)
	for _, it := range items {
		i, _ := r.Index.Find(it.id())
		if got, err := r.ReadBlob(i, nil); err != nil || !bytes.Equal(got, it.data) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
}

// FuzzDecode: what is decoded is no longer than the entry allows, and the same
// after it has passed through an object.
func FuzzDecode(f *testing.F) {
	for _, data := range [][]byte{nil, []byte("x"), text(1, 5000), random(1, 70_000)} {
		f.Add(entry(Blob, data))
	}
	f.Add([]byte("\xbf\xff\xff\xff\xff\xff\xff\xff\x7f\x78\x01"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		data, err := Decode(raw, nil)
		if err != nil {
			return
		}
		if int64(len(data)) > int64(len(raw)+1)*maxRatio {
			t.Fatalf("%d bytes from %d", len(data), len(raw))
		}
		o := FromRaw(chunkstore.BlobID(data), raw)
		defer o.Release()
		again, err := Decode(o.Raw(nil), nil)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatal(err)
		}
	})
}
