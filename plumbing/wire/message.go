// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/pktline"
)

// greeting begins the first packet of either side.
const greeting = "git-devops wire"

// errSyntax is wrapped by every complaint about what was received.
var errSyntax = errors.New("")

// complain returns an error that says what is wrong with what was received.
func complain(format string, args ...any) error {
	return fmt.Errorf("%w%s", errSyntax, fmt.Sprintf(format, args...))
}

// line makes a packet's payload a line of text.
func line(payload []byte) (string, error) {
	if len(payload) > maxLine {
		return "", complain("a line of %d bytes is too long", len(payload))
	}
	payload = bytes.TrimSuffix(payload, []byte("\n"))
	for _, c := range payload {
		if c < ' ' || c == 0x7f {
			return "", complain("a line has a control character: %q", payload)
		}
	}
	return string(payload), nil
}

// readLine reads a packet of text. io.EOF says that there is no packet.
func readLine(r *pktline.Reader) (string, error) {
	payload, kind, err := r.Next()
	if err != nil {
		return "", framing(err)
	}
	if kind != pktline.Data {
		return "", complain("a line of text was expected, not a %s packet", kindName(kind))
	}
	return line(payload)
}

// readKeys reads lines key=value, or key, up to a flush packet or, where that
// is allowed, a delimiter packet.
func readKeys(r *pktline.Reader, delim bool) (keys map[string]string, end pktline.Kind, err error) {
	keys = map[string]string{}
	for range maxLines {
		payload, kind, err := r.Next()
		if err != nil {
			return nil, kind, inside(err)
		}
		if kind == pktline.Flush || kind == pktline.Delim && delim {
			return keys, kind, nil
		}
		if kind != pktline.Data {
			return nil, kind, complain("a delimiter packet is out of place")
		}
		text, err := line(payload)
		if err != nil {
			return nil, kind, err
		}
		key, value, _ := strings.Cut(text, "=")
		if _, twice := keys[key]; twice || key == "" {
			return nil, kind, complain("key %q comes twice or is empty", key)
		}
		keys[key] = value
	}
	return nil, pktline.Data, complain("more than %d lines", maxLines)
}

// framing makes an error about a packet's length a complaint.
func framing(err error) error {
	if errors.Is(err, pktline.ErrLength) {
		return complain("%v", err)
	}
	return err
}

// inside is framing where the stream must not end.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return framing(err)
}

func kindName(k pktline.Kind) string {
	switch k {
	case pktline.Flush:
		return "flush"
	case pktline.Delim:
		return "delimiter"
	}
	return "data"
}

// writeIDs writes ids in as few packets as they fit in. Errors stay in w.
func writeIDs(w *pktline.Writer, ids []chunkstore.ID) {
	var buf []byte
	for len(ids) > 0 {
		n := min(len(ids), packetIDs)
		buf = buf[:0]
		for i := range ids[:n] {
			buf = append(buf, ids[i][:]...)
		}
		w.WritePacket(buf)
		ids = ids[n:]
	}
}

// appendIDs appends the ids in a packet.
func appendIDs(ids []chunkstore.ID, payload []byte) ([]chunkstore.ID, error) {
	if len(payload) == 0 || len(payload)%idLen != 0 {
		return nil, complain("%d bytes are not a number of ids", len(payload))
	}
	if len(ids)+len(payload)/idLen > MaxIDs {
		return nil, &RemoteError{Code: CodeLimit, Text: fmt.Sprintf("a command has more than %d ids", MaxIDs)}
	}
	for ; len(payload) > 0; payload = payload[idLen:] {
		ids = append(ids, chunkstore.ID(payload))
	}
	return ids, nil
}

// bitmap returns a bit for each of set, the first in the lowest bit of the
// first byte.
func bitmap(set []bool) []byte {
	bits := make([]byte, (len(set)+7)/8)
	for i, on := range set {
		if on {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return bits
}

// parseBitmap is the reverse of bitmap for n bits.
func parseBitmap(bits []byte, n int) ([]bool, error) {
	if len(bits) != (n+7)/8 {
		return nil, complain("a bitmap of %d bytes for %d ids", len(bits), n)
	}
	if n%8 != 0 && bits[len(bits)-1]>>(n%8) != 0 {
		return nil, complain("a bitmap has bits for more than %d ids", n)
	}
	set := make([]bool, n)
	for i := range set {
		set[i] = bits[i/8]>>(i%8)&1 != 0
	}
	return set, nil
}

// parseNumber reads a decimal number without sign or leading zeroes.
func parseNumber(s string, most int64) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s || n < 0 {
		return 0, complain("%q is not a number", s)
	}
	if n > most {
		return 0, &RemoteError{Code: CodeLimit, Text: fmt.Sprintf("%d is more than %d", n, most)}
	}
	return n, nil
}

// validToken reports whether a token may be sent.
func validToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || c == '=' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= maxToken
}
