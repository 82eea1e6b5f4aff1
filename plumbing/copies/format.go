// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// FORMAT.md specifies the two files.
const (
	lockHead   = "git-devops lock 1"
	intentHead = "git-devops intent 1"

	lineLen = 2*len(chunkstore.ID{}) + 1
)

func (l Lock) encode() []byte {
	head := fmt.Sprintf("%s\nboot %s\nend %d\nfor %d\nchunks %d\n\n", lockHead, l.Boot, l.End, l.For, len(l.IDs))
	return encodeIDs(head, l.IDs)
}

func (i Intent) encode() []byte {
	return encodeIDs(fmt.Sprintf("%s\nchunks %d\n\n", intentHead, len(i.IDs)), i.IDs)
}

func encodeIDs(head string, ids []chunkstore.ID) []byte {
	b := make([]byte, 0, len(head)+lineLen*len(ids))
	b = append(b, head...)
	for _, id := range ids {
		b = append(hex.AppendEncode(b, id[:]), '\n')
	}
	return b
}

// parseLock reads the file of a lock. Its error is a *chunkstore.FormatError.
func parseLock(token string, data []byte) (Lock, error) {
	p := parser{what: "lock " + token, rest: data}
	p.line(lockHead)
	l := Lock{Token: token, Boot: p.value("boot ")}
	if p.err == nil && !validBoot(l.Boot) {
		p.fail("not a boot id")
	}
	l.End = time.Duration(p.number("end ", math.MaxInt64))
	l.For = time.Duration(p.number("for ", int64(MaxLock)))
	if p.err == nil && l.For == 0 {
		p.fail("no time")
	}
	l.IDs = p.ids()
	return l, p.err
}

// parseIntent reads the file of an intent. Its error is a
// *chunkstore.FormatError.
func parseIntent(name string, data []byte) (Intent, error) {
	p := parser{what: "intent " + name, rest: data}
	p.line(intentHead)
	return Intent{Name: name, IDs: p.ids()}, p.err
}

// A parser reads lines until the first error.
type parser struct {
	what string
	rest []byte
	at   int
	err  error
}

func (p *parser) fail(reason string) {
	if p.err == nil {
		p.err = &chunkstore.FormatError{What: p.what, Line: p.at, Reason: reason}
	}
}

func (p *parser) next() string {
	if p.err != nil {
		return ""
	}
	p.at++
	line, rest, ok := bytes.Cut(p.rest, []byte{'\n'})
	if !ok || len(line) > 256 {
		p.fail("a line is cut short or too long")
		return ""
	}
	p.rest = rest
	return string(line)
}

func (p *parser) line(want string) {
	if got := p.next(); p.err == nil && got != want {
		p.fail(fmt.Sprintf("expected %q", want))
	}
}

func (p *parser) value(key string) string {
	v, ok := strings.CutPrefix(p.next(), key)
	if !ok {
		p.fail(fmt.Sprintf("expected %q", key))
	}
	return v
}

// number reads a number without sign or leading zeroes.
func (p *parser) number(key string, most int64) int64 {
	v := p.value(key)
	n, err := strconv.ParseInt(v, 10, 64)
	if p.err == nil && (err != nil || n < 0 || n > most || strconv.FormatInt(n, 10) != v) {
		p.fail("not a number in range")
	}
	return n
}

// ids reads the rest of the file: ascending ids, as many as were announced.
func (p *parser) ids() []chunkstore.ID {
	n := p.number("chunks ", MaxIDs)
	p.line("")
	if p.err == nil && (n == 0 || int64(len(p.rest)) != n*int64(lineLen)) {
		p.fail("another number of chunks")
	}
	if p.err != nil {
		return nil
	}
	ids := make([]chunkstore.ID, n)
	for i := range ids {
		id, err := chunkstore.ParseID(p.next())
		if p.err == nil && (err != nil || i > 0 && ids[i-1].Compare(id) >= 0) {
			p.fail("not an id, or not in ascending order")
		}
		if p.err != nil {
			return nil
		}
		ids[i] = id
	}
	return ids
}

// validBoot tells whether s is written as the kernel writes its boot id.
func validBoot(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !isHex(c) {
			return false
		}
	}
	return true
}

// validName tells whether s is a token or the name of an intent.
func validName(s string) bool {
	if len(s) != 32 {
		return false
	}
	for _, c := range []byte(s) {
		if !isHex(c) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }
