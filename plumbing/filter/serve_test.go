// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/pktline"
)

// script makes a stream of packets: "." is a flush packet, all else a line.
func script(lines ...string) string {
	var b bytes.Buffer
	w := pktline.NewWriter(&b)
	for _, line := range lines {
		if line == "." {
			w.WriteFlush()
		} else {
			w.WriteText(line)
		}
	}
	w.Flush()
	return b.String()
}

// unscript is its reverse.
func unscript(in io.Reader) (lines []string) {
	r := pktline.NewReader(in)
	for {
		payload, kind, err := r.Next()
		if err != nil {
			return lines
		}
		line := strings.TrimSuffix(string(payload), "\n")
		if kind == pktline.Flush {
			line = "."
		}
		lines = append(lines, line)
	}
}

var (
	greeting = []string{"git-filter-client", "version=2", ".", "capability=clean", "capability=smudge", "capability=delay", "."}
	reply    = []string{"git-filter-server", "version=2", ".", "capability=clean", "capability=smudge", "capability=delay", "."}
)

func TestServe(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want []string
		err      error
	}{
		"nothing to do": {nil, nil, nil},
		"clean": {
			[]string{"command=clean", "pathname=a", ".", "hello", "."},
			[]string{"status=success", ".", "uryyb", ".", "."}, nil,
		},
		"unknown keys": {
			[]string{"command=smudge", "pathname=a", "ref=refs/heads/x", "treeish=1", "blob=2", "novel=3", ".", "hello", "."},
			[]string{"status=success", ".", "uryyb", ".", "."}, nil,
		},
		"empty": {
			[]string{"command=clean", "pathname=a", ".", "."},
			[]string{"status=success", ".", "", ".", "."}, nil,
		},
		"error, then another": {
			[]string{"command=clean", "pathname=a", ".", "early", ".", "command=clean", "pathname=b", ".", "x", "."},
			[]string{"status=error", ".", "status=success", ".", "k", ".", "."}, nil,
		},
		"delayed": {
			[]string{
				"command=smudge", "pathname=a", "can-delay=1", ".", "one", ".",
				"command=smudge", "pathname=b", "can-delay=1", ".", "two", ".",
				"command=smudge", "pathname=a", "can-delay=1", ".", "three", ".",
				"command=list_available_blobs", ".",
				"command=smudge", "pathname=b", ".", ".",
				"command=smudge", "pathname=a", ".", ".",
				"command=list_available_blobs", ".",
			},
			[]string{
				"status=delayed", ".", "status=delayed", ".", "status=delayed", ".",
				"pathname=a", "pathname=b", ".", "status=success", ".",
				"status=success", ".", "gjb", ".", ".",
				"status=success", ".", "guerr", ".", ".",
				".", "status=success", ".",
			}, nil,
		},
		"delayed and changed": {
			[]string{
				"command=smudge", "pathname=a", "can-delay=1", ".", "one", ".",
				"command=smudge", "pathname=a", ".", "two", ".",
				"command=list_available_blobs", ".",
			},
			[]string{"status=delayed", ".", "status=success", ".", "gjb", ".", ".", ".", "status=success", "."}, nil,
		},
		"unknown command": {[]string{"command=rot26", "pathname=a", "."}, nil, ErrProtocol},
		"cut in a list":   {[]string{"command=clean"}, nil, io.ErrUnexpectedEOF},
		"cut in content":  {[]string{"command=clean", "pathname=a", ".", "hello"}, nil, io.ErrUnexpectedEOF},
		"cut in a delay":  {[]string{"command=smudge", "pathname=a", "can-delay=1", ".", "hello"}, nil, io.ErrUnexpectedEOF},
		"endless list":    {manyLines(maxLines + 1), nil, ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			in := script(append(append([]string{}, greeting...), tc.in...)...)
			err := Serve(t.Context(), strings.NewReader(in), &out, &toy{log: io.Discard}, Options{Delay: true})
			if !errors.Is(err, tc.err) {
				t.Errorf("error is %v, want %v", err, tc.err)
			}
			// Content lines end in a newline that rot13 keeps; an empty file
			// has no packet.
			var want []string
			for _, line := range append(append([]string{}, reply...), tc.want...) {
				if line != "" {
					want = append(want, line)
				}
			}
			if diff := cmp.Diff(want, unscript(&out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func manyLines(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprint("key=", i)
	}
	return lines
}

func TestHandshake(t *testing.T) {
	for name, tc := range map[string]struct {
		in  []string
		err error
	}{
		"not git":         {[]string{"hello", "version=2", "."}, ErrProtocol},
		"version 1":       {[]string{"git-filter-client", "version=1", "."}, ErrProtocol},
		"empty":           {[]string{"."}, ErrProtocol},
		"nothing":         {nil, io.ErrUnexpectedEOF},
		"no capabilities": {[]string{"git-filter-client", "version=2", "."}, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			err := Serve(t.Context(), strings.NewReader(script(tc.in...)), io.Discard, &toy{log: io.Discard}, Options{})
			if !errors.Is(err, tc.err) {
				t.Errorf("error is %v, want %v", err, tc.err)
			}
		})
	}
	t.Run("no delay", func(t *testing.T) {
		var out bytes.Buffer
		in := script(append(append([]string{}, greeting...), "command=smudge", "pathname=a", "can-delay=1", ".", "x", ".")...)
		if err := Serve(t.Context(), strings.NewReader(in), &out, &toy{log: io.Discard}, Options{}); err != nil {
			t.Fatal(err)
		}
		want := append(append([]string{}, reply[:5]...), ".", "status=success", ".", "k", ".", ".")
		if diff := cmp.Diff(want, unscript(&out)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestErrorAfterOutput(t *testing.T) {
	var out bytes.Buffer
	in := script(append(append([]string{}, greeting...), "command=clean", "pathname=a", ".", "x", ".")...)
	var told error
	h := handler(func(_ context.Context, _ string, in io.Reader, out io.Writer) error {
		io.Copy(io.Discard, in)
		io.WriteString(out, "half\n")
		return errToy
	})
	opt := Options{OnError: func(path string, err error) { told = err }}
	if err := Serve(t.Context(), strings.NewReader(in), &out, h, opt); err != nil {
		t.Fatal(err)
	}
	want := append(append([]string{}, reply[:5]...), ".", "status=success", ".", "half", ".", "status=error", ".")
	if diff := cmp.Diff(want, unscript(&out)); diff != "" {
		t.Error(diff)
	}
	if told != errToy {
		t.Errorf("OnError was told %v", told)
	}
}

// handler makes a function both methods of a Handler.
type handler func(context.Context, string, io.Reader, io.Writer) error

func (h handler) Clean(ctx context.Context, p string, in io.Reader, out io.Writer) error {
	return h(ctx, p, in, out)
}

func (h handler) Smudge(ctx context.Context, p string, in io.Reader, out io.Writer) error {
	return h(ctx, p, in, out)
}

func TestUnreadInput(t *testing.T) {
	var out bytes.Buffer
	in := script(append(append([]string{}, greeting...), "command=clean", "pathname=a", ".", "x", "y", ".", "command=clean", "pathname=b", ".", "z", ".")...)
	h := handler(func(_ context.Context, path string, _ io.Reader, out io.Writer) error {
		_, err := io.WriteString(out, "for "+path+"\n")
		return err
	})
	if err := Serve(t.Context(), strings.NewReader(in), &out, h, Options{}); err != nil {
		t.Fatal(err)
	}
	want := append(append([]string{}, reply[:5]...), ".", "status=success", ".", "for a", ".", ".", "status=success", ".", "for b", ".", ".")
	if diff := cmp.Diff(want, unscript(&out)); diff != "" {
		t.Error(diff)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := handler(func(ctx context.Context, _ string, _ io.Reader, _ io.Writer) error {
		cancel()
		return fmt.Errorf("read: %w", ctx.Err())
	})
	in := script(append(append([]string{}, greeting...), "command=clean", "pathname=a", ".", "x", ".")...)
	if err := Serve(ctx, strings.NewReader(in), io.Discard, h, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestDelayedIsBounded(t *testing.T) {
	var d delayed
	large := bytes.Repeat([]byte("x"), maxDelayed+1)
	ok, rest, err := d.put("large", bytes.NewReader(large))
	if ok || err != nil {
		t.Fatalf("put = %t, %v", ok, err)
	}
	if got, _ := io.ReadAll(rest); !bytes.Equal(got, large) {
		t.Error("the content is not whole")
	}
	kept := 0
	for i := range 100 {
		if ok, _, _ := d.put(fmt.Sprint(i), bytes.NewReader(large[:maxDelayed])); ok {
			kept++
		}
	}
	if kept != maxDelayedSum/maxDelayed || len(d.list()) != kept {
		t.Errorf("%d blobs were kept", kept)
	}
	for i := range 100 {
		d.take(fmt.Sprint(i))
	}
	if d.sum != 0 || len(d.blobs) != 0 {
		t.Errorf("%d bytes in %d blobs are left", d.sum, len(d.blobs))
	}
}

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	sp := spool{dir: dir}
	defer sp.close()
	var want bytes.Buffer
	for i := range 300 {
		p := bytes.Repeat([]byte{byte(i)}, 10_000)
		want.Write(p)
		if n, err := sp.Write(p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	if len(sp.mem) > maxMemory {
		t.Errorf("%d bytes are in memory", len(sp.mem))
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("the file has the name %s", left[0].Name())
	}
	var got bytes.Buffer
	if err := sp.send(&got); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%d bytes came back, want %d (%v)", got.Len(), want.Len(), err)
	}
}

func TestSpoolError(t *testing.T) {
	in := script(append(append([]string{}, greeting...), "command=clean", "pathname=a", ".", "x", ".")...)
	h := handler(func(_ context.Context, _ string, _ io.Reader, out io.Writer) error {
		out.Write(make([]byte, 2*maxMemory)) // a handler that overlooks the error
		out.Write([]byte("more"))
		return nil
	})
	var told error
	var out bytes.Buffer
	opt := Options{SpoolDir: "/dev/null/absent", OnError: func(_ string, err error) { told = err }}
	if err := Serve(t.Context(), strings.NewReader(in), &out, h, opt); err != nil || told == nil {
		t.Errorf("Serve: %v, told %v", err, told)
	}
	want := append(append([]string{}, reply[:5]...), ".", "status=error", ".")
	if diff := cmp.Diff(want, unscript(&out)); diff != "" {
		t.Error(diff)
	}
}

// FuzzServe: whatever git sends, Serve ends, and what it says is packets.
func FuzzServe(f *testing.F) {
	f.Add([]byte(script("command=clean", "pathname=a", ".", "hello", ".")))
	f.Add([]byte(script("command=smudge", "pathname=a", "can-delay=1", ".", "x", ".", "command=list_available_blobs", ".", "command=smudge", "pathname=a", ".", ".")))
	f.Add([]byte(script("command=clean", ".", "late", ".")))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		src := io.MultiReader(strings.NewReader(script(greeting...)), bytes.NewReader(in))
		_ = Serve(t.Context(), src, &out, &toy{log: io.Discard}, Options{Delay: true})
		r := pktline.NewReader(&out)
		for {
			if _, _, err := r.Next(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}
