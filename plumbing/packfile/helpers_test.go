// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// random returns n bytes that do not compress, the same ones for a seed.
func random(seed byte, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

// text returns n bytes that do compress.
func text(seed, n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%08d host-%d unit %d: started in %d ms\n", i, seed, i*7919%101, i*i%977)
	}
	return b.Bytes()[:n]
}

// An item is an object to write.
type item struct {
	kind Kind
	data []byte
}

func (it item) id() chunkstore.ID { return chunkstore.ObjectID(it.kind.String(), it.data) }

func blobs(data ...[]byte) []item {
	items := make([]item, len(data))
	for i, d := range data {
		items[i] = item{Blob, d}
	}
	return items
}

// mixed returns blobs of every size that the format treats specially.
func mixed() []item {
	items := blobs([]byte{}, []byte("x"), []byte("hello\n"))
	for i, n := range []int{15, 16, 2047, 2048, sampleFrom - 1, sampleFrom,
		maxBlock - 1, maxBlock, maxBlock + 1, 2 * maxBlock, 2*maxBlock + 1,
		wholeUnder - 20, gatherUnder, bufferSize, 2 << 20} {
		items = append(items, item{Blob, random(byte(i+1), n)}, item{Blob, text(i, n)})
	}
	return items
}

// appendAll appends the items to w.
func appendAll(t testing.TB, w *Writer, items []item) {
	t.Helper()
	e := NewEncoder()
	for _, it := range items {
		o := e.Encode(it.kind, it.id(), it.data)
		if err := w.Append(o); err != nil {
			t.Fatal(err)
		}
		o.Release()
	}
}

// write makes a pack of the items in dir/pack and returns it.
func write(t testing.TB, dir string, expect int, items []item) Pack {
	t.Helper()
	spool, packs := filepath.Join(dir, "spool"), filepath.Join(dir, "pack")
	for _, d := range []string{spool, packs} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Create(spool, expect)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, w, items)
	p, err := w.Finish(packs, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func indexPath(p Pack) string { return p.Path[:len(p.Path)-len(".pack")] + ".idx" }

func open(t testing.TB, p Pack) *Reader {
	t.Helper()
	r, err := Open(indexPath(p))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// git runs the real git without any user's or system's settings.
func git(t testing.TB, dir string, stdin []byte, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C")
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, stderr.Bytes())
	}
	return string(out)
}
