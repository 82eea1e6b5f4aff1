// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A Want is a chunk to be got.
type Want struct {
	ID     chunkstore.ID
	Length int64 // bytes, 0 when not known
}

// A Sink takes the chunks that arrive. Its methods may be called from several
// goroutines.
type Sink interface {
	// Append stores a chunk, whose content is verified, and does not use
	// it after it has returned. An error ends the run.
	Append(o packfile.Object) error
	// Has tells whether the chunk is there already. It is asked before the
	// run, about every chunk.
	Has(id chunkstore.ID) (bool, error)
}

// Options say how chunks are got. The zero value is good.
type Options struct {
	// Window is how many bytes may be asked for and not yet there on one
	// stream, at most one chunk more. 8 MiB unless set. The engine asks
	// slow sources for less.
	Window int64
	// Memory is how many bytes of chunks are received at a time, over all
	// sources. 48 MiB unless set. What streams buffer comes on top.
	Memory int64
	// Stall is how long a source may be silent: 30 s unless set. One that
	// was silent for so long is tried again with an eighth of that.
	Stall time.Duration
	// Sources is how many sources are asked at a time, 0 for all of them. The
	// others take the place of those that fail, or cannot give the rest.
	Sources int
	// Refresh is the least time between two questions to one source what
	// it has got meanwhile: half a second unless set.
	Refresh time.Duration
	// Checkpoint, unless nil, is called from time to time and at the end of
	// a run without error, with no Append under way: after CommitEvery bytes
	// (256 MiB unless set), and on slow lines also by the clock.
	Checkpoint  func(ctx context.Context) error
	CommitEvery int64
	// Random asks for equally rare chunks in random order, in runs, as is
	// always done with two sources or more: hosts that begin at the same
	// time then have different chunks for each other. Seed makes the order
	// repeatable; 0 takes another one each time.
	Random bool
	Seed   uint64
	// Progress, unless nil, is told each number of bytes of content that
	// was stored, and from where. One call at a time.
	Progress func(source string, n int64)
}

func (o Options) withDefaults(sources int) Options {
	set := func(v *int64, unless int64) {
		if *v <= 0 {
			*v = unless
		}
	}
	set(&o.Window, 8<<20)
	set(&o.Memory, 48<<20)
	set(&o.CommitEvery, 256<<20)
	set((*int64)(&o.Stall), int64(30*time.Second))
	set((*int64)(&o.Refresh), int64(time.Second/2))
	o.Random = o.Random || sources > 1
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	return o
}
