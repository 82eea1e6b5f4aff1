// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestSpillGivesPartByPart(t *testing.T) {
	dir := newDir(t)
	write(t, filepath.Join(dir, ConfigFile), []byte(smallConfig))
	content := random(1, 3_000_000)
	content = append(content, content[:1_000_000]...)
	write(t, filepath.Join(dir, "big"), content)
	w := open(t, dir)
	const part = 500_000
	seen := map[chunkstore.ID]bool{}
	parts := 0
	o := AddOptions{Pathspecs: []string{"."}, LargeFile: 100_000, Spill: &Spill{Part: part, Out: func(ctx context.Context, chunks []chunkstore.Piece) error {
		parts++
		size := 0
		for _, c := range chunks {
			id := c.ID
			data, err := w.Store.Get(ctx, id)
			has, hasErr := w.Store.Has(ctx, id)
			if err != nil || hasErr != nil || !has || seen[id] || int64(len(data)) != c.Length {
				t.Errorf("chunk %s of %d bytes: %d bytes, held %v, seen %v, %v %v", id, c.Length, len(data), has, seen[id], err, hasErr)
			}
			seen[id] = true
			size += len(data)
		}
		if size > part+256<<10 {
			t.Errorf("a part of %d bytes", size)
		}
		return nil
	}}}
	must(t, w.Add(t.Context(), o))
	if parts < 5 {
		t.Errorf("%d parts", parts)
	}
	var got bytes.Buffer
	must(t, w.Cat(t.Context(), ":big", &got, 0, -1))
	if !bytes.Equal(got.Bytes(), content) {
		t.Error("other content")
	}
}

func TestSpillThatFailsStagesNothing(t *testing.T) {
	dir := newDir(t)
	write(t, filepath.Join(dir, "big"), random(1, 3_000_000))
	w := open(t, dir)
	full := errors.New("no place has room")
	calls := 0
	o := AddOptions{Pathspecs: []string{"."}, LargeFile: 100_000, Spill: &Spill{Part: 1, Out: func(context.Context, []chunkstore.Piece) error {
		calls++
		return full
	}}}
	if err := w.Add(t.Context(), o); !errors.Is(err, full) || calls != 1 {
		t.Errorf("%d calls, then %v", calls, err)
	}
	if index, err := w.Repo.ReadIndex(); err != nil || len(index.Entries) != 0 {
		t.Errorf("staged: %v, %v", index.Entries, err)
	}
	o.Spill.Out = func(context.Context, []chunkstore.Piece) error { return nil }
	must(t, w.Add(t.Context(), o))
}
