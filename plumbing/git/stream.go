// SPDX-License-Identifier: Apache-2.0

package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// maxRecord bounds one record of git's output, in bytes. Paths, the longest
// there are, have at most 4096.
const maxRecord = 1 << 20

// Stream runs git and calls fn with each record of its output, which must be
// NUL-terminated (git's -z), as it comes. The record is only valid during the
// call. When fn fails, git is ended and fn's error returned as it is.
func (r Runner) Stream(ctx context.Context, stdin io.Reader, args []string, fn func(record []byte) error) error {
	return r.stream(ctx, stdin, args, splitNUL, fn)
}

// Lines is Stream for output of lines, for verbs that have no -z. A line comes
// without its newline.
func (r Runner) Lines(ctx context.Context, stdin io.Reader, args []string, fn func(line []byte) error) error {
	return r.stream(ctx, stdin, args, bufio.ScanLines, fn)
}

func (r Runner) stream(ctx context.Context, stdin io.Reader, args []string, split bufio.SplitFunc, fn func([]byte) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := r.command(ctx, args)
	c.Stdin = stdin
	out, err := c.StdoutPipe()
	if err != nil {
		return c.failure(err)
	}
	if err := c.Start(); err != nil {
		return c.failure(err)
	}
	if err := eachRecord(out, split, fn); err != nil {
		cancel()
		// The git that was just told to end has nothing more to say.
		_ = c.Wait()
		return err
	}
	if err := c.Wait(); err != nil {
		return c.failure(err)
	}
	return nil
}

func eachRecord(r io.Reader, split bufio.SplitFunc, fn func([]byte) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 64<<10), maxRecord)
	scanner.Split(split)
	for scanner.Scan() {
		if err := fn(scanner.Bytes()); err != nil {
			return err
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("read git's output: %w", err)
	}
	return nil
}

var errNoNUL = errors.New("last record is not terminated")

func splitNUL(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, errNoNUL
	}
	return 0, nil, nil
}
