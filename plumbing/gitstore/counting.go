// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"sync/atomic"

	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A Counting is a Batch that counts what is new to the store.
type Counting struct {
	*Batch
	bytes atomic.Int64
}

// Append implements largefile.Sink.
func (c *Counting) Append(o packfile.Object) error {
	// Of content that repeats, the second chunk may be on its way here before
	// the first has arrived.
	if has, err := c.Has(o.ID); has || err != nil {
		return err
	}
	c.bytes.Add(o.Size())
	return c.Batch.Append(o)
}

// Bytes returns the size of the chunks that were new.
func (c *Counting) Bytes() int64 { return c.bytes.Load() }
