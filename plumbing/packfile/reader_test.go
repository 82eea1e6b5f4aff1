// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestReadBack(t *testing.T) {
	items := mixed()
	r := open(t, write(t, t.TempDir(), 1, items))
	for name, buf := range map[string][]byte{"no buffer": nil, "small": make([]byte, 10), "large": make([]byte, 9<<20)} {
		t.Run(name, func(t *testing.T) {
			for _, it := range items {
				i, ok := r.Index.Find(it.id())
				if !ok {
					t.Fatalf("%d bytes: not in the index", len(it.data))
				}
				got, err := r.ReadBlob(i, buf)
				if err != nil || !bytes.Equal(got, it.data) {
					t.Errorf("%d bytes: other content, error %v", len(it.data), err)
				}
				if cap(buf) > len(it.data) && len(got) > 0 && &got[0] != &buf[:1][0] {
					t.Errorf("%d bytes: the buffer was not used", len(it.data))
				}
				kind, size, err := r.Header(i)
				if kind != Blob || size != int64(len(it.data)) || err != nil {
					t.Errorf("Header = %v, %d, %v", kind, size, err)
				}
			}
		})
	}
}

// TestManyBlocks: a blob in more blocks than one system call takes.
func TestManyBlocks(t *testing.T) {
	data := random(1, maxBlock*maxVectors/2+1000)
	r := open(t, write(t, t.TempDir(), 1, blobs(data)))
	if r.Size() < int64(len(data)) {
		t.Fatal("the blob is not stored as it is")
	}
	if got, err := r.ReadBlob(0, nil); err != nil || !bytes.Equal(got, data) {
		t.Errorf("other content, error %v", err)
	}
	if err := r.VerifyPack(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestReadConcurrently(t *testing.T) {
	items := mixed()
	r := open(t, write(t, t.TempDir(), 1, items))
	var g sync.WaitGroup
	for range 4 {
		g.Go(func() {
			for _, it := range items {
				i, _ := r.Index.Find(it.id())
				if got, err := r.ReadBlob(i, nil); err != nil || !bytes.Equal(got, it.data) {
					t.Errorf("%d bytes: other content, error %v", len(it.data), err)
				}
			}
		})
	}
	g.Wait()
}

func TestReadOtherKinds(t *testing.T) {
	r := open(t, write(t, t.TempDir(), 4, history()))
	for _, it := range history() {
		i, _ := r.Index.Find(it.id())
		kind, size, err := r.Header(i)
		if kind != it.kind || size != int64(len(it.data)) || err != nil {
			t.Errorf("%v: Header = %v, %d, %v", it.kind, kind, size, err)
		}
		if _, err := r.ReadBlob(i, nil); it.kind != Blob && !errors.Is(err, ErrNotBlob) {
			t.Errorf("%v: ReadBlob: %v", it.kind, err)
		}
	}
}

func TestReadGitsPack(t *testing.T) {
	repo := t.TempDir()
	git(t, repo, nil, "init", "-q", "--bare", ".")
	var ids strings.Builder
	items := mixed()
	for i := range 20 {
		items = append(items, item{Blob, append(text(99, 30_000), byte(i))})
	}
	for _, it := range items {
		ids.WriteString(git(t, repo, it.data, "hash-object", "-w", "--stdin"))
	}
	name := strings.TrimSpace(git(t, repo, []byte(ids.String()), "pack-objects", "-q", "objects/pack/pack"))
	r, err := Open(filepath.Join(repo, "objects/pack", "pack-"+name+".idx"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.VerifyPack(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if err := r.Index.VerifyChecksum(); err != nil {
		t.Error(err)
	}
	deltas := 0
	for _, it := range items {
		i, ok := r.Index.Find(it.id())
		if !ok {
			t.Fatalf("%s is not in the index", it.id())
		}
		got, err := r.ReadBlob(i, nil)
		if errors.Is(err, ErrDelta) {
			deltas++
			w, _ := Create(t.TempDir(), 1)
			raw, _ := r.ReadRaw(i, nil)
			id, _, crc := r.Index.At(i)
			if err := w.AppendRaw(id, raw, crc); !errors.Is(err, ErrDelta) {
				t.Errorf("AppendRaw of a delta: %v", err)
			}
			w.Abort()
		} else if err != nil || !bytes.Equal(got, it.data) {
			t.Errorf("%d bytes: other content, error %v", len(it.data), err)
		}
	}
	if deltas == 0 || deltas == len(items) {
		t.Errorf("%d of %d entries are deltas", deltas, len(items))
	}
}

func TestVerifyPackReports(t *testing.T) {
	p := write(t, t.TempDir(), 1, blobs(random(1, 3<<20)))
	var total int64
	if err := open(t, p).VerifyPack(t.Context(), func(n int64) { total += n }); err != nil {
		t.Error(err)
	}
	if total != p.Size-trailerLen {
		t.Errorf("progress of %d bytes, want %d", total, p.Size-trailerLen)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open(t, p).VerifyPack(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// verify does what a check of a whole pack does.
func verify(t testing.TB, idx string) error {
	r, err := Open(idx)
	if err != nil {
		return err
	}
	defer r.Close()
	return errors.Join(r.Index.VerifyChecksum(), r.VerifyPack(t.Context(), nil))
}

func TestDamageIsNoticed(t *testing.T) {
	items := blobs(random(1, 300_000), text(2, 300_000), random(3, 100), text(4, 3000))
	for i := range 400 {
		items = append(items, item{Blob, []byte{byte(i), byte(i >> 8)}})
	}
	p := write(t, t.TempDir(), len(items), items)
	idx := indexPath(p)
	if err := verify(t, idx); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{p.Path, idx} {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(whole); at += 4096 {
			zeroed := bytes.Clone(whole)
			clear(zeroed[at:min(at+4096, len(whole))])
			flipped := bytes.Clone(whole)
			flipped[at+(at/4096*571)%min(4096, len(whole)-at)] ^= 0x10
			for name, bad := range map[string][]byte{"zeroed": zeroed, "flipped": flipped, "cut": whole[:at]} {
				replace(t, path, bad)
				if err := verify(t, idx); !errors.As(err, new(*FormatError)) {
					t.Errorf("%s, %s at %d: error is %v", filepath.Ext(path), name, at, err)
				}
			}
		}
		replace(t, path, whole)
	}
}

// TestDamageIsNotRead: with a damaged pack, ReadBlob returns an error or
// content that the id shows to be wrong, and never panics.
func TestDamageIsNotRead(t *testing.T) {
	items := blobs(random(1, 140_000), text(2, 100_000), random(3, 100))
	p := write(t, t.TempDir(), len(items), items)
	whole, err := os.ReadFile(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	for at := packHeaderLen; at < len(whole)-trailerLen; at += 1 + at/64 {
		bad := bytes.Clone(whole)
		bad[at] ^= 1 << (at % 8)
		replace(t, p.Path, bad)
		r := open(t, p)
		wrong := 0
		for i := range r.Index.Len() {
			id, _, _ := r.Index.At(i)
			if data, err := r.ReadBlob(i, nil); err != nil || chunkstore.BlobID(data) != id {
				wrong++
			}
		}
		adler := wrong == 0 && damagedAdler(whole, at, items)
		if wrong > 1 || wrong == 0 && !adler {
			t.Errorf("byte %d: %d blobs are wrong", at, wrong)
		}
		r.Close()
	}
}

// damagedAdler reports whether the byte belongs to the Adler-32 of a stored
// entry, which is left to VerifyPack.
func damagedAdler(pack []byte, at int, items []item) bool {
	for _, it := range items {
		sum := binary.BigEndian.AppendUint32(nil, adler32(it.data))
		if from := bytes.Index(pack, sum); from >= 0 && at >= from && at < from+adlerLen {
			return true
		}
	}
	return false
}

func TestOpenMismatch(t *testing.T) {
	a := write(t, t.TempDir(), 1, blobs([]byte("a")))
	b := write(t, t.TempDir(), 1, blobs([]byte("b")))
	two := write(t, t.TempDir(), 2, blobs([]byte("a"), []byte("b")))
	for name, other := range map[string]Pack{"other trailer": b, "other count": two} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(indexPath(other))
			if err != nil {
				t.Fatal(err)
			}
			replace(t, indexPath(a), data)
			if _, err := Open(indexPath(a)); !errors.As(err, new(*FormatError)) {
				t.Errorf("error is %v", err)
			}
		})
	}
	if err := os.Remove(b.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(indexPath(b)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without pack: %v", err)
	}
}

// FuzzEntry reads an arbitrary entry as a blob.
func FuzzEntry(f *testing.F) {
	e := NewEncoder()
	for _, data := range [][]byte{nil, []byte("x"), text(1, 5000), random(1, 70_000)} {
		var raw []byte
		for _, p := range e.Encode(Blob, chunkstore.ID{}, data).buf.parts {
			raw = append(raw, p...)
		}
		f.Add(raw)
	}
	f.Add([]byte("\xbf\xff\xff\xff\xff\xff\xff\xff\x7f\x78\x01"))
	path := filepath.Join(f.TempDir(), "x.pack")
	f.Fuzz(func(t *testing.T, raw []byte) {
		pack := append(appendPackHeader(nil, 1), raw...)
		pack = append(pack, make([]byte, trailerLen)...)
		replace(t, path, pack)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		data, _ := index(packHeaderLen)
		x, err := parseIndex("x", data)
		if err != nil {
			t.Fatal(err)
		}
		r := &Reader{Index: x, f: file, size: int64(len(pack))}
		got, err := r.ReadBlob(0, nil)
		if err != nil {
			return
		}
		if _, size, err := r.Header(0); err != nil || size != int64(len(got)) {
			t.Fatalf("read %d bytes, Header says %d (%v)", len(got), size, err)
		}
		again := e.Encode(Blob, chunkstore.ID{}, got)
		defer again.Release()
	})
}

func TestEntryHeader(t *testing.T) {
	for _, size := range []int64{0, 1, 15, 16, 2047, 2048, 1<<32 - 1, 1 << 40, 1<<60 - 1} {
		raw := appendEntryHeader(nil, Tree, size)
		h, reason := parseEntryHeader(append(raw, 0xff))
		if h != (entryHeader{Tree, size, len(raw)}) || reason != "" {
			t.Errorf("size %d: %+v, %q", size, h, reason)
		}
		if _, reason := parseEntryHeader(raw[:len(raw)-1]); reason == "" {
			t.Errorf("size %d: cut short is accepted", size)
		}
	}
	for name, raw := range map[string]string{
		"too long": "\xbf\xff\xff\xff\xff\xff\xff\xff\xff\x01", "kind 0": "\x01", "kind 5": "\x51", "empty": "",
	} {
		if _, reason := parseEntryHeader([]byte(raw)); reason == "" {
			t.Errorf("%s is accepted", name)
		}
	}
}
