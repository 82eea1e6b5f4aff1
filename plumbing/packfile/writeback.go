// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// writebackEvery is how many bytes are written before the kernel is told to
// start putting them on the disk, so that the last fsync is short.
const writebackEvery = 32 << 20

// A span is a part of a file: offset and length, bytes.
type span struct{ offset, size int64 }

// A writeback has the kernel write out a growing file while more is appended.
// It does so on a goroutine of its own, because the call takes as long as the
// disk's queue is full. It is only for speed: errors come back from fsync.
type writeback struct {
	begun int64 // bytes
	spans chan span
	done  chan struct{}
}

func newWriteback(f *os.File) *writeback {
	b := &writeback{spans: make(chan span, 1), done: make(chan struct{})}
	go func() {
		defer close(b.done)
		for s := range b.spans {
			_ = unix.SyncFileRange(int(f.Fd()), s.offset, s.size, unix.SYNC_FILE_RANGE_WRITE)
		}
	}()
	return b
}

// upTo says that the file has size bytes now. When the disk is behind, they
// are left for the next call.
func (b *writeback) upTo(size int64) {
	select {
	case b.spans <- span{b.begun, size - b.begun}:
		b.begun = size
	default:
	}
}

// stop returns when the file is no longer in use.
func (b *writeback) stop() {
	close(b.spans)
	<-b.done
}
