// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// EachByAge calls fn for every held chunk in a chunk pack, the oldest pack
// first, with the bytes that it takes up there. A chunk in two packs comes
// twice.
func (s *Store) EachByAge(ctx context.Context, fn func(id chunkstore.ID, bytes int64) error) error {
	packs, err := s.settledPacks()
	if err != nil {
		return err
	}
	ages := map[*chunkPack]time.Time{}
	for _, p := range packs {
		fi, err := os.Stat(p.base + ".pack")
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // gc was there
			return fmt.Errorf("look at packs: %w", err)
		}
		if err == nil {
			ages[p] = fi.ModTime()
		}
	}
	slices.SortStableFunc(packs, func(a, b *chunkPack) int {
		return cmp.Or(ages[a].Compare(ages[b]), cmp.Compare(a.base, b.base))
	})
	for _, p := range packs {
		for i := range p.reader.Index.Len() {
			id, _, _ := p.reader.Index.At(i)
			held, err := s.Has(ctx, id)
			if err == nil && held {
				err = fn(id, p.reader.RawSize(i))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
