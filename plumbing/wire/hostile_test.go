// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/pktline"
)

// advertised is what a server begins with.
var advertised = packets("git-devops wire 1", "agent=liar", "object-format=sha1", "have", "get", "lock", "max-ids=100", "max-lock=60") + "0000"

// data returns a packet with this payload.
func data(payload []byte) string {
	var out bytes.Buffer
	w := pktline.NewWriter(&out)
	w.Write(payload)
	w.Flush()
	return out.String()
}

// TestLiars: whatever is wrong with an answer to get ends the stream with an
// error that names the peer, and nothing is handed out that was not asked for.
func TestLiars(t *testing.T) {
	noGoroutines(t)
	content := []byte("content")
	raw := entryOf(content)
	id, other := chunkstore.BlobID(content), chunkstore.ID{9}
	right := packets("chunk "+id.String()+" "+itoa(len(raw))) + data(raw)
	for name, tc := range map[string]struct{ says, want string }{
		"a chunk nobody asked for": {packets("ok", "chunk "+other.String()+" 5") + data(make([]byte, 5)), "was asked for"},
		"missing, not asked for":   {packets("ok", "missing "+other.String()), "was asked for"},
		"no id":                    {packets("ok", "chunk"), "was asked for"},
		"too long":                 {packets("ok", "chunk "+id.String()+" 67117057"), "is more than"},
		"enormous":                 {packets("ok", "chunk "+id.String()+" 99999999999999999999"), "is not a number"},
		"negative":                 {packets("ok", "chunk "+id.String()+" -1"), "is not a number"},
		"more than it said":        {packets("ok", "chunk "+id.String()+" 3") + data(raw), "ends, or goes on, after 0"},
		"less than it said":        {packets("ok", "chunk "+id.String()+" 300") + data(raw) + "0000", "ends, or goes on"},
		"an empty packet":          {packets("ok", "chunk "+id.String()+" 300") + "0004", "ends, or goes on"},
		"cut short":                {packets("ok", "chunk "+id.String()+" 300") + data(raw), "connection lost"},
		"cut in a packet":          {packets("ok", "chunk "+id.String()+" 300") + data(raw)[:8], "connection lost"},
		"nothing":                  {"", "connection lost"},
		"no status":                {right, "a response begins with"},
		"an end":                   {packets("ok") + "0000", "a line of text was expected"},
		"no end":                   {packets("ok") + right + right, "longer than it may be"},
		"another word":             {packets("ok", "chunks "+id.String()), "an answer begins with"},
		"a long line":              {packets("ok", strings.Repeat("x", 2000)), "too long"},
		"garbage":                  {"\x00\x01\x02\x03\x04\x05", "no valid length"},
		"an error":                 {packets("error failed disk \u009bgone") + "0000", "liar: disk ?gone"},
		"an error without an end":  {packets("error failed disk gone", "more"), "longer than it may be"},
		"fatal":                    {packets("fatal failed disk gone"), "liar: disk gone"},
		"fatal later":              {packets("ok", "fatal failed disk gone"), "liar: disk gone"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := script(t, advertised+tc.says, ClientOptions{})
			if err != nil {
				t.Fatal(err)
			}
			stream := get(t, c, id)
			got, err := stream.Next()
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "liar") || got.Content != nil {
				t.Errorf("%d bytes, %v", len(got.Content), err)
			}
			if _, again := stream.Next(); again == nil {
				t.Error("the stream goes on")
			}
			stream.Close()
			if _, err := c.Have(t.Context(), []chunkstore.ID{id}); err == nil {
				t.Error("the session goes on")
			}
		})
	}
	c, err := script(t, advertised+packets("ok")+right+right+"0000", ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stream := get(t, c, id, other)
	if got, err := stream.Next(); err != nil || string(got.Content) != "content" {
		t.Error(err)
	}
	if _, err := stream.Next(); err == nil || !strings.Contains(err.Error(), "was asked for") {
		t.Errorf("the same chunk twice: %v", err)
	}
}

// TestLimit: a chunk that is too long is damaged, and the stream goes on.
func TestLimit(t *testing.T) {
	content := []byte("content")
	raw, id := entryOf(content), chunkstore.BlobID(content)
	right := packets("chunk "+id.String()+" "+itoa(len(raw))) + data(raw)
	long := packets("chunk "+id.String()+" 5000") + data(make([]byte, 3000)) + data(make([]byte, 2000))
	c, err := script(t, advertised+packets("ok")+right+long+right+"0000", ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stream := get(t, c, id, id, id)
	for _, limit := range []int64{int64(len(content)) - 1, int64(len(content))} {
		stream.Limit(limit)
		if _, err := stream.Next(); !errors.As(err, new(*chunkstore.CorruptError)) {
			t.Errorf("at most %d bytes: %v", limit, err)
		}
	}
	if got, err := stream.Next(); err != nil || !bytes.Equal(got.Content, content) {
		t.Errorf("%q, %v", got.Content, err)
	}
}

// TestOtherLiars: answers to have, lock and unlock.
func TestOtherLiars(t *testing.T) {
	ids := []chunkstore.ID{{1}, {2}, {3}}
	for name, tc := range map[string]struct{ says, want string }{
		"no bitmap":      {packets("ok") + "0000", "a bitmap was expected"},
		"a long bitmap":  {packets("ok") + data([]byte{1, 0}) + "0000", "a bitmap of 2 bytes"},
		"an empty one":   {packets("ok") + "0004" + "0000", "a bitmap of 0 bytes"},
		"too many bits":  {packets("ok") + data([]byte{8}) + "0000", "more than 3 ids"},
		"no end":         {packets("ok") + data([]byte{7}) + data([]byte{7}), "longer than it may be"},
		"cut short":      {packets("ok") + data([]byte{7}), "connection lost"},
		"another word":   {packets("yes") + data([]byte{7}) + "0000", "a response begins with"},
		"a packet of 64": {packets("ok") + "fff1", "no valid length"},
	} {
		t.Run(name, func(t *testing.T) {
			for what, ask := range map[string]func(*Client) error{
				"have": func(c *Client) error { _, err := c.Have(t.Context(), ids); return err },
				"lock": func(c *Client) error { _, _, err := c.Lock(t.Context(), ids, time.Second); return err },
			} {
				c, err := script(t, advertised+tc.says, ClientOptions{})
				if err == nil {
					err = ask(c)
				}
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	for name, says := range map[string]string{
		"no token":    packets("ok") + data([]byte{1}) + "0000",
		"a bad token": packets("ok token=a b") + data([]byte{1}) + "0000",
	} {
		c, err := script(t, advertised+says, ClientOptions{})
		if err == nil {
			_, _, err = c.Lock(t.Context(), ids, time.Second)
		}
		if err == nil || !strings.Contains(err.Error(), "token") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, ad := range map[string][]string{
		"sha256":      {"object-format=sha256", "have", "get", "max-ids=1"},
		"nothing":     {"object-format=sha1", "max-ids=1"},
		"max-ids":     {"object-format=sha1", "have", "get", "max-ids=0"},
		"max-lock":    {"object-format=sha1", "have", "get", "max-ids=1", "lock"},
		"a key twice": {"object-format=sha1", "have", "have", "get", "max-ids=1"},
		"no key":      {"=x"},
		"many":        strings.Split(strings.Repeat("x ", maxLines), " "),
	} {
		var broken *ProtocolError
		if _, err := script(t, packets(append([]string{"git-devops wire 1"}, ad...)...)+"0000", ClientOptions{}); !errors.As(err, &broken) || broken.Peer != "liar" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// say sends what a client sends, and returns what the server answers after its
// advertisement, and what Serve returns.
func say(t testing.TB, o ServerOptions, says string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := Serve(t.Context(), strings.NewReader(says), &out, o)
	_, answers, _ := strings.Cut(out.String(), "0000")
	return answers, err
}

// TestBadClients: what they are told, and whether the session goes on.
func TestBadClients(t *testing.T) {
	hello := packets("git-devops wire 1", "agent=x") + "0000"
	id := data(make([]byte, 20))
	have := packets("command=have") + "0001" + id + "0000"
	yes := packets("ok") + "0005\x00" + "0000"
	refusal := func(text string) string { return packets("error "+text) + "0000" + yes }
	for name, tc := range map[string]struct{ says, want string }{
		"nothing":            {"", ""},
		"no command":         {hello, ""},
		"a flush packet":     {hello + have + "0000" + have, yes},
		"an unknown command": {hello + packets("command=push", "x=y") + "0001" + id + "0000" + have, refusal(`unknown command "push" is not known here`)},
		"an unknown key":     {hello + packets("command=have", "x=y") + "0001" + id + "0000" + have, refusal(`syntax command "have" has no argument "x"`)},
		"no duration":        {hello + packets("command=lock") + "0001" + id + "0000" + have, refusal("syntax a lock needs a duration")},
		"no token":           {hello + packets("command=unlock") + "0000" + have, refusal("syntax unlock needs a token")},
		"read-only":          {hello + packets("command=lock", "duration=1") + "0001" + id + "0000" + have, refusal("refused no locks are granted here: it is read-only")},
		"read-only, unlock":  {hello + packets("command=unlock", "token=x") + "0000" + have, refusal("refused no locks are granted here: it is read-only")},
		"another version":    {packets("git-devops wire 2") + "0000", packets(`fatal version version "2" of the protocol is not spoken here, but 1`)},
		"no version":         {packets("hello"), packets(`fatal syntax the first line is "hello"`)},
		"no hello":           {have, packets(`fatal syntax the first line is "command=have"`)},
		"not a command":      {hello + packets("x") + have, packets(`fatal syntax a command was expected, not "x"`)},
		"a delimiter":        {hello + "0001" + have, packets("fatal syntax a command was expected, not a delimiter packet")},
		"no ids":             {hello + packets("command=have") + "0000" + have, packets(`fatal syntax command "have" with 0 ids`)},
		"ids for unlock":     {hello + packets("command=unlock") + "0001" + id + "0000", packets(`fatal syntax command "unlock" with 1 ids`)},
		"half an id":         {hello + packets("command=have") + "0001" + data(make([]byte, 30)), packets("fatal syntax 30 bytes are not a number of ids")},
		"an empty packet":    {hello + packets("command=have") + "0001" + "0004", packets("fatal syntax 0 bytes are not a number of ids")},
		"two delimiters":     {hello + packets("command=have") + "0001" + id + "0001", packets("fatal syntax a delimiter packet is out of place")},
		"too many ids":       {hello + packets("command=have") + "0001" + strings.Repeat(data(make([]byte, 20*packetIDs)), 11) + "0000", packets("fatal limit a command has more than 32768 ids")},
		"too long a lock":    {hello + packets("command=lock", "duration=3601") + "0001" + id + "0000", packets("fatal limit 3601 is more than 3600")},
		"a bad duration":     {hello + packets("command=lock", "duration=1s") + "0001" + id + "0000", packets(`fatal syntax "1s" is not a number`)},
		"a bad token":        {hello + packets("command=unlock", "token=a b") + "0000", packets(`fatal syntax "a b" is not a token`)},
		"endless":            {hello + packets("command=push") + strings.Repeat("0004", maxCommand/4+1), packets("fatal limit a command has more than 1048576 bytes")},
		"garbage":            {"GET / HTTP/1.1\r\n\r\n", packets(`fatal syntax packet has no valid length: "GET "`)},
		"cut short":          {hello + have + packets("command=have"), yes},
		"cut in the hello":   {hello[:30], ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := say(t, ServerOptions{Store: entries{}}, tc.says)
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			var told *RemoteError
			if ended := strings.Contains(tc.want, "fatal "); ended != (errors.As(err, &told) && told.Fatal) {
				t.Errorf("%v", err)
			}
			if cut := strings.HasPrefix(name, "cut"); cut != errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v", err)
			}
		})
	}
}

// many is a store that has every chunk, of 1 MiB, and counts what is read.
type many struct {
	entries
	read atomic.Int64
}

func (m *many) ReadRaw(_ context.Context, _ chunkstore.ID, buf []byte) ([]byte, error) {
	m.read.Add(1)
	return append(buf[:0], make([]byte, 1<<20)...), nil
}

// TestReadAhead: a server does not read what its client does not take, nor
// commands without end, and ends with the client.
func TestReadAhead(t *testing.T) {
	noGoroutines(t)
	store := &many{}
	conn, ended := serve(t, ServerOptions{Store: store})
	go io.CopyN(io.Discard, conn, 200)
	w := pktline.NewWriter(conn)
	w.WriteText("git-devops wire 1")
	w.WriteFlush()
	asked := make(chan int, 1)
	go func() {
		n := 0
		for ; n < 1000; n++ {
			w.WriteText("command=get")
			w.WriteDelim()
			writeIDs(w, make([]chunkstore.ID, 3000))
			w.WriteFlush()
			if w.Flush() != nil {
				break
			}
		}
		asked <- n
	}()
	for range 1000 {
		if store.read.Load() >= readAhead>>20 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	if n := store.read.Load(); n < 2 || n > readAhead>>20+2 {
		t.Errorf("%d chunks were read", n)
	}
	conn.Close()
	if err := <-ended; err == nil {
		t.Error("no error")
	}
	if n := <-asked; n > commandsAhead+4 {
		t.Errorf("%d commands were read", n)
	}
}

// TestAnnouncedChunk: what is only announced takes no memory.
func TestAnnouncedChunk(t *testing.T) {
	id := chunkstore.ID{1}
	c, err := script(t, advertised+packets("ok", "chunk "+id.String()+" "+itoa(MaxEntry))+data([]byte("x"))+"0000", ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := allocated(func() { get(t, c, id).Next() }); n > MaxEntry-8<<20 {
		t.Errorf("%d bytes", n)
	}
}

// TestSilence: a client gives up on a server that says nothing, a server on a
// client that neither asks nor takes.
func TestSilence(t *testing.T) {
	noGoroutines(t)
	ours, theirs := net.Pipe()
	defer theirs.Close()
	if _, err := NewClient(t.Context(), ours, ClientOptions{Name: "web-07", Timeout: 10 * time.Millisecond}); !errors.Is(err, ErrStalled) {
		t.Error(err)
	}
	for _, says := range []string{"", packets("git-devops wire 1") + "0000" + packets("command=get") + "0001" + data(make([]byte, 2000)) + "0000"} {
		conn, ended := serve(t, ServerOptions{Store: &many{}, Idle: 20 * time.Millisecond})
		go func() {
			io.CopyN(io.Discard, conn, 100)
			io.WriteString(conn, says)
		}()
		if err := <-ended; !errors.Is(err, ErrIdle) {
			t.Error(err)
		}
	}
}

// TestCancel: whatever is under way ends when its context does, on either side.
func TestCancel(t *testing.T) {
	noGoroutines(t)
	c, err := script(t, advertised, ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	silent, other := net.Pipe()
	c.conn, c.in.conn = silent, silent
	c.w, c.r = pktline.NewWriter(silent), pktline.NewReader(c.in)
	go io.Copy(io.Discard, other)
	defer other.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := c.Have(ctx, []chunkstore.ID{{1}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := NewClient(ctx, silent, ClientOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}

	ours, theirs := net.Pipe()
	defer ours.Close()
	ctx, cancel = context.WithCancel(t.Context())
	go io.Copy(io.Discard, ours)
	time.AfterFunc(10*time.Millisecond, cancel)
	if err := Serve(ctx, theirs, theirs, ServerOptions{Store: entries{}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestCloseBesideNext: Next and Ask return that wait for a silent server.
func TestCloseBesideNext(t *testing.T) {
	noGoroutines(t)
	conn, theirs := net.Pipe()
	defer theirs.Close()
	go func() {
		io.WriteString(theirs, advertised)
		io.Copy(io.Discard, theirs)
	}()
	c, err := NewClient(t.Context(), conn, ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stream := get(t, c, chunkstore.ID{1})
	failed := make(chan error, 1)
	go func() {
		_, err := stream.Next()
		failed <- err
	}()
	time.Sleep(10 * time.Millisecond)
	stream.Close()
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := stream.Ask(chunkstore.ID{2}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
