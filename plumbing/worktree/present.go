// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// present is what lies at the path of a large file.
type present struct {
	manifest     *chunkstore.Manifest // nil: modified
	materialised bool                 // its content, not the manifest itself
}

// contentNow tells what a file is: the content that the index has a manifest
// for, that manifest itself, or something else. It reads the file only when
// the stat data do not tell. With trust, racy ones do. Nothing is the content
// that an unreadable manifest means.
func (w *Worktree) contentNow(index *repo.Index, path string, st *syscall.Stat_t, trust bool) (present, error) {
	i, ok := index.Find(path)
	if !ok || index.Entries[i].Stage != 0 || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return present{}, nil
	}
	e := index.Entries[i]
	text, ok, err := w.Repo.Manifest(e.ID)
	if err != nil || !ok {
		return present{}, err
	}
	m, err := chunkstore.ParseManifest(text)
	if err != nil {
		return present{}, nil
	}
	asManifest, asContent := st.Size == int64(len(text)), st.Size == m.Size
	asOf := index.Mtime
	if trust {
		asOf = time.Time{}
	}
	if e.Matches(repo.StatOf(st), asOf) && asManifest != asContent {
		return present{m, asContent}, nil
	}
	if !asManifest && !asContent {
		return present{}, nil
	}
	return w.readNow(path, m, text)
}

// readNow is contentNow by content.
func (w *Worktree) readNow(path string, m *chunkstore.Manifest, text []byte) (present, error) {
	f, err := openFile(w.abs(path))
	if err != nil {
		return present{}, err
	}
	defer f.Close()
	if _, data, ok := largefile.ReadManifest(f, int64(len(text))); ok && bytes.Equal(data, text) {
		return present{m, false}, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return present{}, fmt.Errorf("read %s: %w", path, err)
	}
	if [32]byte(sum.Sum(nil)) == m.SHA256 {
		return present{m, true}, nil
	}
	return present{}, nil
}
