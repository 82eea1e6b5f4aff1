// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/git-devops/git-devops/chunkstore"
)

// askAtOnce is how many keepers are asked at the same time: more are asked only
// for what these do not vouch for.
const askAtOnce = 4

// A party is a keeper or a witness, and what it has said so far.
type party struct {
	name    string
	ask     func(context.Context, []chunkstore.ID) (vouched []bool, release func(), err error)
	witness Witness // or nil
	asked   []chunkstore.ID
	vouched []chunkstore.ID
	err     error
}

// Identity is the same for the same keeper or witness by whatever name, and ""
// for one that has none.
func Identity(x any) string {
	if i, ok := x.(interface{ Identity() string }); ok {
		return i.Identity()
	}
	return ""
}

// parties are the keepers and the witnesses, each repository once.
func (o DropOptions) parties() (parties []*party) {
	seen := map[string]bool{}
	again := func(x any) bool {
		id := Identity(x)
		was := seen[id]
		seen[id] = id != ""
		return was
	}
	for _, k := range o.Keepers {
		if again(k) {
			continue
		}
		w, _ := k.(Witness)
		parties = append(parties, &party{name: k.Name(), witness: w,
			ask: func(ctx context.Context, ids []chunkstore.ID) ([]bool, func(), error) {
				return k.Lock(ctx, ids, LockFor)
			}})
	}
	for _, w := range o.Witnesses {
		if again(w) {
			continue
		}
		parties = append(parties, &party{name: w.Name(),
			ask: func(ctx context.Context, ids []chunkstore.ID) ([]bool, func(), error) {
				have, err := w.Have(ctx, ids)
				return have, nil, err
			}})
	}
	return parties
}

// askAll asks one party after the other, some at a time, until enough of them
// vouch for each chunk. One that fails proves nothing.
func askAll(ctx context.Context, parties []*party, run *Run) (releases []func()) {
	for group := range slices.Chunk(parties, askAtOnce) {
		ids := run.Lacking()
		if len(ids) == 0 || ctx.Err() != nil {
			break
		}
		marked := make([][]bool, len(group))
		ends := make([]func(), len(group))
		var wait sync.WaitGroup
		for i, p := range group {
			wait.Go(func() { marked[i], ends[i] = p.put(ctx, ids) })
		}
		wait.Wait()
		for i := range group {
			run.Answered(ids, marked[i])
			if ends[i] != nil {
				releases = append(releases, ends[i])
			}
		}
	}
	return releases
}

// put asks the party. What it does not answer it does not vouch for.
func (p *party) put(ctx context.Context, ids []chunkstore.ID) (vouched []bool, release func()) {
	none := make([]bool, len(ids))
	if p.err != nil {
		return none, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	vouched, release, err := p.ask(ctx, ids)
	if err == nil && len(vouched) != len(ids) {
		err = fmt.Errorf("it answers %d questions of %d", len(vouched), len(ids))
	}
	if err != nil {
		p.err = err
		return none, release
	}
	p.asked = union(p.asked, ids)
	p.vouched = union(p.vouched, choose(ids, vouched))
	return vouched, release
}

func union(a, b []chunkstore.ID) []chunkstore.ID {
	return chunkstore.SortedSet(append(slices.Clip(a), b...))
}

// contested returns the chunks that it may help to ask for again: those that
// someone is dropping here, or that a keeper has without promising them.
func (d *dropper) contested(ctx context.Context, refused []Refusal) (ids []chunkstore.ID) {
	var lacking []chunkstore.ID
	for _, r := range refused {
		if r.Obstacle != (Obstacle{}) {
			ids = append(ids, r.ID)
		} else if !r.Late {
			lacking = append(lacking, r.ID)
		}
	}
	if d.o.Force || len(lacking) == 0 {
		return ids
	}
	for _, p := range d.parties {
		if p.err == nil && p.witness != nil {
			have, err := p.witness.Have(ctx, lacking)
			if err == nil && len(have) == len(lacking) {
				ids = append(ids, p.unpromised(choose(lacking, have))...)
			}
		}
	}
	return chunkstore.SortedSet(ids)
}

func (p *party) unpromised(ids []chunkstore.ID) []chunkstore.ID {
	return slices.DeleteFunc(ids, func(id chunkstore.ID) bool {
		_, found := slices.BinarySearchFunc(p.vouched, id, chunkstore.ID.Compare)
		return found
	})
}

func vouchers(parties []*party, id chunkstore.ID) (names []string) {
	for _, p := range parties {
		if _, found := slices.BinarySearchFunc(p.vouched, id, chunkstore.ID.Compare); found {
			names = append(names, p.name)
		}
	}
	return names
}

func asked(parties []*party) []Asked {
	all := make([]Asked, len(parties))
	for i, p := range parties {
		all[i] = Asked{Name: p.name, Vouched: len(p.vouched), Denied: len(p.asked) - len(p.vouched), Err: p.err}
	}
	return all
}
