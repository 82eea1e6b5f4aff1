// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"bytes"
	"fmt"
	"os/exec"
	"testing"

	"github.com/git-devops/git-devops/plumbing/repo"
)

// manyFiles commits n small files, a hundred in each directory, as packs.
func manyFiles(t testing.TB, r *repo.Repo, n int) {
	t.Helper()
	var in bytes.Buffer
	in.WriteString("commit refs/heads/main\ncommitter a <a@b> 0 +0000\ndata 0\n")
	for i := range n {
		content := fmt.Sprintf("file %d\n", i)
		fmt.Fprintf(&in, "M 644 inline d%02d/e%03d/f%07d\ndata %d\n%s\n", i/100%97, i/100, i, len(content), content)
	}
	in.WriteString("\ndone\n")
	cmd := exec.Command("git", "-C", r.WorkTree(), "fast-import", "--quiet", "--done")
	cmd.Stdin = &in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v: %s", err, out)
	}
}

func BenchmarkLoad(b *testing.B) {
	r := newRepo(b)
	manyFiles(b, r, 100_000)
	for b.Loop() {
		if _, err := Load(r, "main"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNodes(b *testing.B) {
	r := newRepo(b)
	manyFiles(b, r, 100_000)
	tree, err := Load(r, "main")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for range tree.Nodes() {
		}
	}
}
