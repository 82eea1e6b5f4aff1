// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/git-devops/git-devops/plumbing/node"
)

func manyEntries(n int) []byte {
	var s Spec
	for i := range n {
		mode := uint32(0o600)
		s.Set(fmt.Sprintf("srv/d%04d/f%07d", i/100, i), Entry{
			Type: node.File, Perm: &mode, Owner: "www-data", Group: "root", Mtime: &node.Mtime{Sec: int64(i)},
		})
	}
	return s.Encode()
}

func BenchmarkParse(b *testing.B) {
	text := manyEntries(100_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	s, err := Parse(bytes.NewReader(manyEntries(100_000)))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.order.Store(nil)
		s.Encode()
	}
}
