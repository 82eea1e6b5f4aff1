// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

// example returns what PROTOCOL.md shows that one side sends.
func example(t testing.TB, side string) string {
	t.Helper()
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(text), "\n## Example\n")
	var out strings.Builder
	for line := range strings.Lines(shown) {
		packet, ok := strings.CutPrefix(line, "    "+side+": ")
		if !ok {
			continue
		}
		packet = strings.TrimSuffix(packet, "\n")
		switch {
		case packet == "0000" || packet == "0001":
			out.WriteString(packet)
		case strings.Contains(packet, "<"):
			out.WriteString(bytesOf(t, packet))
		default:
			out.WriteString(packet + "\n")
		}
	}
	return out.String()
}

var hexadecimal = regexp.MustCompile(`<([0-9a-f]*)>`)

func bytesOf(t testing.TB, packet string) string {
	return hexadecimal.ReplaceAllStringFunc(packet, func(s string) string {
		raw, err := hex.DecodeString(s[1 : len(s)-1])
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	})
}

// helloStore holds the chunk of the example, in stored form.
func helloStore() (chunkstore.ID, entries) {
	id := chunkstore.BlobID([]byte("hello\n"))
	raw, _ := hex.DecodeString("367801010600f9ff68656c6c6f0a084b021f")
	return id, entries{id: raw}
}

// TestProtocolExample: server and client send what PROTOCOL.md shows.
func TestProtocolExample(t *testing.T) {
	id, store := helloStore()
	o := ServerOptions{Store: store, Locks: &book{}, Agent: "git-devops/1.0", Identity: "web"}
	var out bytes.Buffer
	if err := Serve(t.Context(), strings.NewReader(example(t, "C")), &out, o); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(example(t, "S"), out.String()); diff != "" {
		t.Error(diff)
	}

	var sent bytes.Buffer
	c, err := NewClient(t.Context(), scripted{strings.NewReader(example(t, "S")), &sent}, ClientOptions{Agent: "example"})
	if err != nil {
		t.Fatal(err)
	}
	ids := []chunkstore.ID{id, chunkstore.ID(bytes.Repeat([]byte{1}, 20))}
	if held, err := c.Have(t.Context(), ids); err != nil || !held[0] || held[1] {
		t.Error(held, err)
	}
	stream, err := c.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Ask(ids...); err != nil {
		t.Error(err)
	}
	if got, err := stream.Next(); err != nil || string(got.Content) != "hello\n" {
		t.Errorf("%q, %v", got.Content, err)
	}
	if _, err := stream.Next(); err == nil {
		t.Error("the other chunk is there")
	}
	stream.Close()
	_, token, err := c.Lock(t.Context(), ids, 10*time.Minute)
	if err != nil {
		t.Error(err)
	}
	if err := c.Unlock(t.Context(), token); err != nil {
		t.Error(err)
	}
	want, _, _ := strings.Cut(example(t, "C"), packets("command=push"))
	if diff := cmp.Diff(want, sent.String()); diff != "" {
		t.Error(diff)
	}
}

// scripted is a connection to what was recorded.
type scripted struct {
	*strings.Reader
	sent *bytes.Buffer
}

func (s scripted) Write(p []byte) (int, error) { return s.sent.Write(p) }
func (scripted) Close() error                  { return nil }

// FuzzServe: whatever a client sends, the server ends, and has answered at most
// what it was asked.
func FuzzServe(f *testing.F) {
	f.Add([]byte(example(f, "C")))
	hello := packets("git-devops wire 1") + "0000"
	f.Add([]byte(hello + packets("command=get") + "0001" + "0018" + strings.Repeat("x", 20) + "0000"))
	f.Add([]byte(hello + packets("command=lock", "duration=9999999") + "0001" + "0000"))
	f.Add([]byte(hello + packets("command=push") + "0004" + "0001" + "0000" + "0000"))
	f.Fuzz(func(t *testing.T, in []byte) {
		_, store := helloStore()
		var out bytes.Buffer
		Serve(t.Context(), bytes.NewReader(in), &out, ServerOptions{Store: store, Locks: &book{}})
		if out.Len() > 1000+20*len(in)+200*strings.Count(string(in), "command=") {
			t.Fatalf("%d bytes are answered with %d", len(in), out.Len())
		}
	})
}

// FuzzClient: whatever a server sends, the client ends, hands out no chunk but
// those that were asked for, in order, and as many answers as questions.
func FuzzClient(f *testing.F) {
	f.Add([]byte(example(f, "S")), byte(2))
	_, rest, _ := strings.Cut(example(f, "S"), "0000")
	_, gets, _ := strings.Cut(rest, "0000")
	for what := range byte(4) {
		f.Add([]byte(advertised+rest), what)
		f.Add([]byte(advertised+gets), what)
	}
	f.Add([]byte(advertised+packets("error busy later")+"0000"), byte(0))
	f.Fuzz(func(t *testing.T, in []byte, what byte) {
		id, _ := helloStore()
		ids := []chunkstore.ID{id, chunkstore.ID(bytes.Repeat([]byte{1}, 20))}
		c, err := NewClient(t.Context(), scripted{strings.NewReader(string(in)), new(bytes.Buffer)}, ClientOptions{})
		if err != nil {
			return
		}
		defer c.Close()
		switch what % 4 {
		case 0:
			held, err := c.Have(t.Context(), ids)
			if err == nil && len(held) != len(ids) {
				t.Fatal(held)
			}
		case 1:
			granted, _, err := c.Lock(t.Context(), ids, time.Second)
			if err == nil && len(granted) != len(ids) {
				t.Fatal(granted)
			}
		case 2:
			stream := get(t, c)
			stream.Ask(ids...)
			for _, id := range ids {
				if got, err := stream.Next(); err == nil && got.ID != id {
					t.Fatal(got.ID)
				}
			}
			stream.Close()
		case 3:
			c.Unlock(t.Context(), "token")
		}
	})
}
