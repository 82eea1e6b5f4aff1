// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"time"
)

const (
	// cleanRate is how fast git gets a file through the filter, bytes a second.
	cleanRate = 512 << 20
	// clockTick is how far the time of a file may lag behind the clock.
	clockTick = 10 * time.Millisecond
)

// outwaitRace waits where that is cheaper than not to. Git compares times in
// whole seconds: files modified in the second in which the index is written
// it reads again, large ones through the filter, whenever it looks at them. So
// when that would take longer than the rest of the second, the index is
// written in the next one.
func outwaitRace(ctx context.Context, todo []*candidate) error {
	now := time.Now()
	var bytes int64
	for _, c := range todo {
		if c.large && c.stat.Mtim.Sec == now.Unix() {
			bytes += c.stat.Size
		}
	}
	rest := now.Truncate(time.Second).Add(time.Second + clockTick).Sub(now)
	if float64(bytes)/cleanRate < rest.Seconds() {
		return nil
	}
	select {
	case <-time.After(rest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
