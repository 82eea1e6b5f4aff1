// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"fmt"
	"time"
)

// due tells whether it is time for a checkpoint: after so many bytes, for a
// killed run's sake, and before that when time has passed. Other hosts can
// only get from us what is committed, so where there are others, the pauses
// begin small; they grow with the run, since each makes a pack.
func (r *run) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := r.sum.Bytes - r.committed
	if fresh == 0 || r.o.Checkpoint == nil {
		return false
	}
	if fresh >= r.o.CommitEvery {
		return true
	}
	pause := time.Second
	if r.o.Random {
		pause = time.Second / 2
	}
	elapsed := time.Since(r.begun)
	if time.Since(r.commitAt) < max(pause, elapsed/16) {
		return false
	}
	// Not when the end, which commits, is less than a second away.
	return float64(r.q.bytes)*elapsed.Seconds() > float64(r.sum.Bytes)
}

// checkpoint calls Options.Checkpoint with no Append under way, if anything was
// appended since the last time.
func (r *run) checkpoint(ctx context.Context) error {
	if err := r.storing.Acquire(ctx, everyStore); err != nil {
		return err
	}
	defer r.storing.Release(everyStore)
	r.mu.Lock()
	stored := r.sum.Bytes
	r.mu.Unlock()
	if r.o.Checkpoint == nil || stored == r.committed {
		return nil
	}
	if err := r.o.Checkpoint(ctx); err != nil {
		return fmt.Errorf("commit chunks: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.committed, r.commitAt = stored, time.Now()
	return nil
}
