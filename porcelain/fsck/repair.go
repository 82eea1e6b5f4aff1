// SPDX-License-Identifier: Apache-2.0

package fsck

import (
	"context"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/replicate"
	"github.com/git-devops/git-devops/plumbing/transfer"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// repair brings back what a check has found damaged or absent: from the files
// of the work tree, peers and stores. Then it replaces the damaged packs, with
// what can be read of them.
func repair(ctx context.Context, g *porcelain.Globals, c *checker) error {
	done := repaired{}
	if len(c.bad) > 0 {
		result, err := restore(ctx, g, c)
		if err != nil {
			return err
		}
		done.Chunks, done.Bytes = result.Chunks, result.Bytes
		if err := giveUp(ctx, c, result.Missing, &done); err != nil {
			return err
		}
	}
	err := c.w.Store.Repair(ctx, c.packs)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		g.UI.Errorf("%v", err) // the check that follows counts it
	} else {
		done.Packs = len(c.packs)
	}
	g.UI.Info(done)
	return nil
}

func restore(ctx context.Context, g *porcelain.Globals, c *checker) (transfer.Result, error) {
	seeds, err := c.w.Seeds(ctx)
	if err != nil {
		return transfer.Result{}, err
	}
	set, err := g.OpenPlaces(ctx, c.w)
	if err != nil {
		return transfer.Result{}, err
	}
	defer set.Close()
	g.TellUnreached(set)
	sources := append([]transfer.Source{transfer.FromStore("work tree", seeds, 1)}, set.Sources()...)
	pieces, size := c.damaged()
	result, err := g.Transfer(c.w, size, func(o transfer.Options) (transfer.Result, error) {
		return replicate.Restore(ctx, c.w.Store, pieces, sources, o)
	})
	for _, s := range result.Sources {
		g.TellFailed(s, len(result.Missing) == 0)
	}
	return result, err
}

// damaged returns the chunks that are, in the order of their ids, and the
// bytes of those whose length is known.
func (c *checker) damaged() (pieces []chunkstore.Piece, size int64) {
	for id := range c.bad {
		pieces = append(pieces, chunkstore.Piece{ID: id, Length: c.sizes[id]})
		size += c.sizes[id]
	}
	slices.SortFunc(pieces, func(a, b chunkstore.Piece) int { return a.ID.Compare(b.ID) })
	return pieces, size
}

// giveUp no longer counts as held what is nowhere and no manifest names.
func giveUp(ctx context.Context, c *checker, missing []chunkstore.ID, done *repaired) error {
	missing = slices.DeleteFunc(slices.Clone(missing), func(id chunkstore.ID) bool {
		_, named := c.sizes[id]
		return named
	})
	done.GivenUp = len(missing)
	if len(missing) == 0 {
		return nil
	}
	return c.w.Store.Drop(ctx, missing)
}

// repaired is what a repair has done.
type repaired struct {
	Chunks  int   `json:"chunks"` // brought back
	Bytes   int64 `json:"bytes"`
	Packs   int   `json:"packs"`   // replaced
	GivenUp int   `json:"givenUp"` // chunks that nothing needs
}

// Type implements ui.Record.
func (repaired) Type() string { return "repair" }

// Text implements ui.Record.
func (r repaired) Text(*ui.UI) string {
	return fmt.Sprintf("repair: %d chunks brought back, %s; %d packs replaced", r.Chunks, ui.Size(r.Bytes), r.Packs)
}
