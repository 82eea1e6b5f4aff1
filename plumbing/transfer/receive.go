// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// receiveAll takes the answers to what was asked. Not more is read, from all
// streams together, than Options.Memory has room for.
func (l *lane) receiveAll(ctx context.Context) error {
	for {
		var a ask
		select {
		case a = <-l.owed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		n := min(l.r.q.length(a.chunk), l.r.o.Memory)
		if err := l.r.memory.Acquire(ctx, n); err != nil {
			return context.Cause(ctx)
		}
		err := l.receive(ctx, a)
		l.r.memory.Release(n)
		if err != nil {
			return err
		}
	}
}

// receive takes one answer. An error says that the stream is of no more use.
func (l *lane) receive(ctx context.Context, a ask) error {
	if s, ok := l.stream.(interface{ Limit(n int64) }); ok {
		s.Limit(Longest(l.r.q.want[a.chunk].Length))
	}
	l.reading.start(l.r.q.length(a.chunk))
	c, err := l.stream.Next()
	l.reading.stop()
	if err != nil {
		return l.refused(ctx, a, err)
	}
	if c.Release != nil {
		defer c.Release()
	}
	if err := l.verify(c, a); err != nil {
		return err
	}
	if !l.r.arrived(l, a, int64(len(c.Content))) {
		return nil
	}
	return l.store(ctx, a.chunk, c)
}

// tellable is how long a chunk may be, bytes, that was wanted with a smaller
// length and is read all the same, to tell whether that was wrong.
const tellable = 1 << 20

// Longest is how long, bytes, an answer may be that was wanted with so many: 0
// when that is not known.
func Longest(length int64) int64 {
	if length == 0 {
		return 0
	}
	return max(length, tellable)
}

// refused goes on when the answer is that the chunk is not there, or not whole;
// else the error is the stream's.
func (l *lane) refused(ctx context.Context, a ask, err error) error {
	var missing *chunkstore.MissingError
	var corrupt *chunkstore.CorruptError
	var id chunkstore.ID
	switch {
	case errors.As(err, &missing):
		id = missing.ID
	case errors.As(err, &corrupt):
		id = corrupt.ID
		l.r.note(l.o, err)
	case err == io.EOF:
		return l.broken(ctx, io.ErrUnexpectedEOF)
	default:
		return l.broken(ctx, err)
	}
	if id != l.r.q.want[a.chunk].ID {
		return fmt.Errorf("%w: %s", ErrUnasked, id)
	}
	l.r.denied(l, a.chunk)
	return nil
}

// verify returns an error unless c is the chunk that was wanted.
func (l *lane) verify(c Chunk, a ask) error {
	want := l.r.q.want[a.chunk]
	if c.ID != want.ID {
		return fmt.Errorf("%w: %s", ErrUnasked, c.ID)
	}
	if !c.Object.ID.IsZero() && c.Object.ID != want.ID {
		return fmt.Errorf("%w: %s", ErrUnasked, c.Object.ID)
	}
	err := chunkstore.Verify(want.ID, c.Content, l.o.src.Name())
	if err != nil {
		l.r.denied(l, a.chunk)
	}
	return err
}

// store puts a verified chunk into the sink. Only the sink's errors are
// returned, and they end the run.
func (l *lane) store(ctx context.Context, i int32, c Chunk) error {
	r := l.r
	want, n := r.q.want[i], int64(len(c.Content))
	if want.Length > 0 && want.Length != n {
		r.stored(l, i, 0, &LengthError{ID: want.ID, Want: want.Length, Length: n})
		return nil
	}
	object := c.Object
	if object.ID.IsZero() {
		if l.encoder == nil {
			l.encoder = packfile.NewEncoder()
		}
		object = l.encoder.Encode(packfile.Blob, want.ID, c.Content)
		defer object.Release()
	}
	if err := r.append(object); err != nil {
		r.fail(fmt.Errorf("store chunk %s: %w", want.ID, err))
		return err
	}
	r.stored(l, i, n, nil)
	if r.o.Progress != nil {
		r.progress.Lock()
		defer r.progress.Unlock()
		r.o.Progress(l.o.src.Name(), n)
	}
	return nil
}

// append waits for a checkpoint to end. It does not stop for the end of the
// run: what is verified is kept.
func (r *run) append(object packfile.Object) error {
	if err := r.storing.Acquire(context.Background(), 1); err != nil {
		return err
	}
	defer r.storing.Release(1)
	return r.sink.Append(object)
}

// settle takes the oldest ask off l, whose answer is there. It tells whether
// there was one: none is left when the origin was put aside meanwhile.
func (r *run) settle(l *lane) bool {
	if len(l.out) == 0 {
		return false
	}
	n := r.q.length(l.out[0].chunk)
	l.out = l.out[1:]
	l.bytes -= n
	l.o.out -= n
	return true
}

// arrived takes note of a good answer of n bytes, and tells whether the chunk
// is to be stored: another source may have been faster.
func (r *run) arrived(l *lane, a ask, n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	l.last = now
	l.o.window.arrived(n, a.at, now)
	if r.settle(l) {
		r.q.asks[a.chunk]--
	}
	l.o.wake()
	r.poke()
	if p := r.q.phase[a.chunk]; p == storing || p == finished {
		r.sum.Duplicates++
		r.sum.DuplicateBytes += n
		return false
	}
	r.q.phase[a.chunk] = storing
	r.appending++
	return true
}

// stored takes note that chunk i, n bytes, is in the sink, or that it can
// never be because it has the wrong length.
func (r *run) stored(l *lane, i int32, n int64, wrong *LengthError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.appending--
	r.q.finish(i)
	if wrong != nil {
		r.sum.Mismatched = append(r.sum.Mismatched, wrong)
	} else {
		r.sum.Chunks++
		r.sum.Bytes += n
		l.o.result.Chunks++
		l.o.result.Bytes += n
		l.o.result.Recovered = l.o.tried > 1 && !isWrong(l.o.result.Err)
	}
	r.poke()
}

// isWrong tells whether err says that what a source has, or sends, is wrong:
// trying it again does not mend that.
func isWrong(err error) bool {
	var corrupt *chunkstore.CorruptError
	return errors.As(err, &corrupt) || errors.Is(err, ErrUnasked)
}

// denied takes note that l's origin has not given chunk i and will not.
func (r *run) denied(l *lane, i int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.o.deny(i)
	if r.settle(l) {
		r.q.unask(i, r.origins)
	}
	r.wake()
	r.poke()
}

// note keeps the first error of an origin that goes on.
func (r *run) note(o *origin, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.result.Err == nil {
		o.result.Err = err
	}
}
