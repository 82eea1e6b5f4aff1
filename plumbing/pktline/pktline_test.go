// SPDX-License-Identifier: Apache-2.0

package pktline

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// A packet is what Next returns, with the payload kept.
type packet struct {
	Kind    Kind
	Payload string
}

func readAll(src io.Reader) (list []packet, err error) {
	r := NewReader(src)
	for {
		payload, kind, err := r.Next()
		if err != nil {
			return list, err
		}
		list = append(list, packet{kind, string(payload)})
	}
}

func TestNext(t *testing.T) {
	long := strings.Repeat("x", MaxPayload)
	for name, tc := range map[string]struct {
		in   string
		want []packet
		err  error
	}{
		"empty":             {"", nil, io.EOF},
		"data":              {"0006a\n", []packet{{Data, "a\n"}}, io.EOF},
		"empty data":        {"0004", []packet{{Data, ""}}, io.EOF},
		"flush and delim":   {"000000010005z", []packet{{Flush, ""}, {Delim, ""}, {Data, "z"}}, io.EOF},
		"upper case":        {"000Bcontent", []packet{{Data, "content"}}, io.EOF},
		"longest":           {"fff0" + long + "0000", []packet{{Data, long}, {Flush, ""}}, io.EOF},
		"too long":          {"fff1" + long + "x", nil, ErrLength},
		"response end":      {"0002", nil, ErrLength},
		"three":             {"0003", nil, ErrLength},
		"no digits":         {"00g0", nil, ErrLength},
		"sign":              {"+004", nil, ErrLength},
		"header cut short":  {"0005a000", []packet{{Data, "a"}}, io.ErrUnexpectedEOF},
		"payload cut short": {"0006a", nil, io.ErrUnexpectedEOF},
		"payload missing":   {"0006", nil, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(tc.in), iotest.HalfReader(strings.NewReader(tc.in))} {
				got, err := readAll(src)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Error(diff)
				}
				if !errors.Is(err, tc.err) {
					t.Errorf("error is %v, want %v", err, tc.err)
				}
			}
		})
	}
}

func TestContent(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want string
		err      error
	}{
		"empty":         {"0000", "", nil},
		"several":       {"0005a00040006bc0000", "abc", nil},
		"delimiter":     {"0005a0001", "a", ErrUnexpected},
		"no flush":      {"0005a", "a", io.ErrUnexpectedEOF},
		"nothing":       {"", "", io.ErrUnexpectedEOF},
		"cut in packet": {"0009ab", "ab", io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			c := NewReader(strings.NewReader(tc.in)).Content()
			got, err := io.ReadAll(c)
			if string(got) != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, tc.want, tc.err)
			}
			if c.Ended() != (tc.err == nil) {
				t.Errorf("Ended = %t", c.Ended())
			}
		})
	}
}

func TestContentLeavesTheRest(t *testing.T) {
	r := NewReader(strings.NewReader("0008skip0005s0000" + "0008next"))
	if payload, _, err := r.Next(); string(payload) != "skip" || err != nil {
		t.Fatal(payload, err)
	}
	if err := r.Content().Drain(); err != nil {
		t.Fatal(err)
	}
	if payload, _, err := r.Next(); string(payload) != "next" || err != nil {
		t.Errorf("got %q, %v", payload, err)
	}
}

func TestWriter(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	long := bytes.Repeat([]byte("y"), 2*MaxPayload+3)
	if err := w.WritePacket(long[:MaxPayload+1]); !errors.Is(err, ErrTooLong) {
		t.Errorf("error is %v", err)
	}
	if n, err := w.Write(long); n != len(long) || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
	if n, err := w.Write(nil); n != 0 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
	for _, err := range []error{w.WriteFlush(), w.WriteText("key=value"), w.WriteDelim(), w.WritePacket(nil), w.Flush()} {
		if err != nil {
			t.Error(err)
		}
	}
	got, err := readAll(&out)
	full := strings.Repeat("y", MaxPayload)
	want := []packet{{Data, full}, {Data, full}, {Data, "yyy"}, {Flush, ""}, {Data, "key=value\n"}, {Delim, ""}, {Data, ""}}
	if diff := cmp.Diff(want, got); diff != "" || err != io.EOF {
		t.Error(diff, err)
	}
}

func TestWriterReportsErrors(t *testing.T) {
	w := NewWriter(failing{})
	if _, err := w.Write(make([]byte, 3*MaxPayload)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error is %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// FuzzPktLine: whatever can be read and is written again is read the same.
func FuzzPktLine(f *testing.F) {
	for _, s := range []string{"", "0000", "0006a\n0001000400000005x", "0003", "fff0short", "zzzz", "000Bcontent0000"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		list, err := readAll(bytes.NewReader(in))
		if err == nil {
			t.Fatal("reading ended without an error")
		}
		var out bytes.Buffer
		w := NewWriter(&out)
		for _, p := range list {
			switch p.Kind {
			case Flush:
				err = w.WriteFlush()
			case Delim:
				err = w.WriteDelim()
			default:
				err = w.WritePacket([]byte(p.Payload))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if out.Len() > len(in) {
			t.Fatalf("%d bytes were read as %d", len(in), out.Len())
		}
		again, err := readAll(&out)
		if diff := cmp.Diff(list, again); diff != "" || err != io.EOF {
			t.Fatal(diff, err)
		}
	})
}
