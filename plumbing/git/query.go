// SPDX-License-Identifier: Apache-2.0

package git

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
)

// maxArgs bounds the path arguments of one git, in bytes; the kernel's limit
// is 2 MiB with the environment.
const maxArgs = 512 << 10

// LsFiles calls fn with what git ls-files prints for each file (a path, unless
// args ask for more, as --stage does). Pathspecs too many for one git go to
// several, so a file that two of them match may come twice then.
func (r Runner) LsFiles(ctx context.Context, args, pathspecs []string, fn func(record string) error) error {
	for {
		batch := firstArgs(pathspecs, maxArgs)
		pathspecs = pathspecs[len(batch):]
		full := append([]string{"ls-files", "-z"}, args...)
		full = append(append(full, "--"), batch...)
		err := r.Stream(ctx, nil, full, func(record []byte) error { return fn(string(record)) })
		if err != nil || len(pathspecs) == 0 {
			return err
		}
	}
}

// firstArgs returns as many arguments as fit in limit bytes, one at least.
func firstArgs(args []string, limit int) []string {
	size := 0
	for i, arg := range args {
		// The kernel counts the terminator and a pointer too.
		size += len(arg) + 9
		if i > 0 && size > limit {
			return args[:i]
		}
	}
	return args
}

// CheckAttr calls fn with the value of each attribute of each path, in order:
// "set", "unset", "unspecified" or the value. The paths are drawn from another
// goroutine while fn runs.
func (r Runner) CheckAttr(ctx context.Context, attrs []string, paths iter.Seq[string], fn func(path, attr, value string) error) error {
	in, stop := pipePaths(paths)
	defer stop()
	var fields []string
	args := append([]string{"check-attr", "-z", "--stdin"}, attrs...)
	err := r.Stream(ctx, in, args, func(record []byte) error {
		if fields = append(fields, string(record)); len(fields) < 3 {
			return nil
		}
		err := fn(fields[0], fields[1], fields[2])
		fields = fields[:0]
		return err
	})
	if err == nil && len(fields) > 0 {
		return fmt.Errorf("read git's output: attribute of %q cut short", fields[0])
	}
	return err
}

// pipePaths returns a reader of NUL-terminated paths. stop ends the goroutine
// that draws them and waits for it.
func pipePaths(paths iter.Seq[string]) (in io.Reader, stop func()) {
	reader, writer := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := bufio.NewWriterSize(writer, 64<<10)
		for path := range paths {
			if strings.IndexByte(path, 0) >= 0 {
				writer.CloseWithError(fmt.Errorf("path %q contains a NUL", path))
				return
			}
			w.WriteString(path)
			if w.WriteByte(0) != nil {
				return
			}
		}
		writer.CloseWithError(w.Flush())
	}()
	return reader, func() {
		reader.Close()
		<-done
	}
}
