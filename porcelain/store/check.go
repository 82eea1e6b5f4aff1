// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// check asks stores, all unless some are named.
func (v *verb) check(ctx context.Context, names []string, o options) error {
	if len(names) == 0 {
		configs, err := v.stores.List(ctx)
		if err != nil {
			return err
		}
		for _, c := range configs {
			names = append(names, c.Name)
		}
	}
	bad, damaged := 0, 0
	for _, name := range names {
		r, err := v.checkOne(ctx, name, o)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, stores.ErrUnknown):
			return err
		case err != nil:
			bad++
			v.g.UI.Errorf("%v", err)
		}
		damaged += r.Damaged
		v.g.UI.Print(r)
	}
	switch {
	case damaged > 0:
		return porcelain.Exit(porcelain.Missing, fmt.Errorf("%d chunks are damaged", damaged))
	case bad > 0:
		return porcelain.Exit(porcelain.Differs, fmt.Errorf("%d of %d stores cannot be used", bad, len(names)))
	}
	return nil
}

func (v *verb) checkOne(ctx context.Context, name string, o options) (status, error) {
	c, err := v.stores.Config(ctx, name)
	if err != nil {
		return status{}, err
	}
	damaged, err := v.ask(ctx, name, o)
	r := v.known(c)
	r.State, r.Damaged = stateOf(err), damaged
	return r, err
}

// ask returns how many chunks are damaged, or still are after a repair.
func (v *verb) ask(ctx context.Context, name string, o options) (damaged int, err error) {
	s, err := v.stores.Open(ctx, name)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	var damages []stores.Damage
	progress := v.g.UI.Progress("Verifying", ui.Count, 0)
	_, err = s.Check(ctx, stores.CheckOptions{
		Read: o.read, Begin: func(n int) { progress.Total(int64(n)) }, Progress: progress.Add,
		Report: func(d stores.Damage) {
			damages = append(damages, d)
			v.g.UI.Errorf("%v", d.Err)
		},
	})
	progress.End(err)
	if err != nil || len(damages) == 0 || !o.repair {
		return len(damages), err
	}
	return v.repair(ctx, s, damages, o)
}
