// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
)

// The test binary is also the filter process that git starts.
const (
	envProcess = "FILTER_TEST_PROCESS" // "plain" or "delay"
	envLog     = "FILTER_TEST_LOG"     // a file that the process appends to
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(envProcess); mode != "" {
		os.Exit(process(mode))
	}
	os.Exit(m.Run())
}

func process(mode string) int {
	log, err := os.OpenFile(os.Getenv(envLog), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	h := &toy{log: log}
	err = Serve(context.Background(), os.Stdin, os.Stdout, h, Options{
		Delay:   mode == "delay",
		OnError: func(path string, err error) { fmt.Fprintf(log, "error %q %v\n", path, err) },
	})
	if err != nil {
		fmt.Fprintln(log, "broken", err)
		return 1
	}
	fmt.Fprintln(log, "end")
	return 0
}

var errToy = errors.New("the toy breaks")

// A toy rotates letters by 13 places, in both directions. Content that begins
// with "early" fails before, with "late" after some output.
type toy struct {
	mu  sync.Mutex
	log io.Writer
}

func (y *toy) Clean(_ context.Context, path string, in io.Reader, out io.Writer) error {
	y.note("clean %q\n", path)
	return rotate(in, out)
}

func (y *toy) Smudge(_ context.Context, path string, in io.Reader, out io.Writer) error {
	y.note("smudge %q\n", path)
	return rotate(in, out)
}

func (y *toy) Prefetch(_ context.Context, blobs []Blob) {
	y.note("prefetch %d\n", len(blobs))
}

func (y *toy) note(format string, args ...any) {
	y.mu.Lock()
	defer y.mu.Unlock()
	fmt.Fprintf(y.log, format, args...)
}

// rotate writes as it reads.
func rotate(in io.Reader, out io.Writer) error {
	buf := make([]byte, 10_000)
	for first := true; ; first = false {
		n, err := in.Read(buf)
		late := first && bytes.HasPrefix(buf[:n], []byte("late"))
		if first && bytes.HasPrefix(buf[:n], []byte("early")) {
			return errToy
		}
		rot13(buf[:n])
		if _, err := out.Write(buf[:n]); err != nil {
			return err
		}
		if late {
			return errToy
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func rot13(p []byte) []byte {
	for i, c := range p {
		switch {
		case 'a' <= c && c <= 'z':
			p[i] = 'a' + (c-'a'+13)%26
		case 'A' <= c && c <= 'Z':
			p[i] = 'A' + (c-'A'+13)%26
		}
	}
	return p
}
