// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxLine bounds a manifest's line, in bytes without its newline. The longest
// lawful one has 71.
const maxLine = 128

// chunksLine is the number of the line that counts the chunks.
const chunksLine = 5

// chunkLine is the length of a usual chunk's line: no more than a first guess
// of how many there are.
const chunkLine = 48

// ParseManifest reads a manifest. It accepts exactly what Encode writes for a
// manifest that keeps the rules of FORMAT.md. Its error is a *FormatError,
// which matches ErrVersion when the version is not known.
func ParseManifest(data []byte) (*Manifest, error) {
	p := manifestParser{rest: data}
	m := &Manifest{}
	chunks := p.header(m)
	p.pieces(m)
	if n := m.chunks(); p.err == nil && int64(n) != chunks {
		p.line = chunksLine
		p.fail("the header counts %d chunks, the lines after it are %d", chunks, n)
	}
	if p.err != nil {
		return nil, p.err
	}
	return m, nil
}

// manifestParser reads line by line. After the first error it reads nothing
// more and keeps that error.
type manifestParser struct {
	rest []byte
	line int
	err  error
}

func (p *manifestParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &FormatError{What: "manifest", Line: p.line, Reason: fmt.Sprintf(format, args...)}
	}
}

// next returns the next line without its newline, which must be there.
func (p *manifestParser) next() string {
	if p.err != nil {
		return ""
	}
	p.line++
	end := bytes.IndexByte(p.rest[:min(len(p.rest), maxLine+1)], '\n')
	switch {
	case end >= 0:
		line := string(p.rest[:end])
		p.rest = p.rest[end+1:]
		return line
	case len(p.rest) > maxLine:
		p.fail("longer than %d bytes", maxLine)
	case len(p.rest) > 0:
		p.fail("does not end in a newline")
	default:
		p.fail("missing: the manifest ends here")
	}
	return ""
}

// header reads up to the blank line and returns the count of chunks.
func (p *manifestParser) header(m *Manifest) (chunks int64) {
	p.version()
	if reason := parseHex(m.SHA256[:], p.value("sha256")); reason != "" {
		p.fail("sha256: %s", reason)
	}
	m.Size = p.number("size", p.value("size"))
	p.params(&m.Params)
	chunks = p.number("count of chunks", p.value("chunks"))
	if line := p.next(); line != "" {
		p.fail("expected a blank line, found %.40q", line)
	}
	return chunks
}

func (p *manifestParser) version() {
	line := p.next()
	version, ok := strings.CutPrefix(line, manifestName)
	if p.err != nil || line+"\n" == ManifestMagic {
		return
	}
	p.fail("not a manifest: it begins with %.40q", line)
	if ok {
		p.err = &FormatError{What: "manifest", Line: p.line, Reason: fmt.Sprintf("%v %.20q", ErrVersion, version), Err: ErrVersion}
	}
}

// value reads a header line that must have this key. Keys come in one order,
// each once, so a duplicate or unknown one is a wrong one.
func (p *manifestParser) value(key string) string {
	line := p.next()
	found, value, _ := strings.Cut(line, " ")
	if found != key {
		p.fail("expected the header %q, found %.40q", key, line)
	}
	return value
}

// number reads a decimal number without sign or leading zeroes.
func (p *manifestParser) number(what, s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || s[0] < '0' || s[0] == '0' && len(s) > 1 {
		p.fail("%s %.40q is not a number between 0 and %d", what, s, int64(math.MaxInt64))
		return 0
	}
	return n
}

func (p *manifestParser) params(params *Params) {
	fields := strings.Split(p.value("chunker"), " ")
	if len(fields) != 5 || fields[0] != "rabin" {
		p.fail("expected the chunker rabin with 4 parameters")
		return
	}
	polynomial, err := strconv.ParseUint(fields[1], 16, 64)
	if err != nil || strconv.FormatUint(polynomial, 16) != fields[1] {
		p.fail("chunker polynomial %.40q is not a lower-case hexadecimal number", fields[1])
	}
	params.Polynomial = polynomial
	params.Min = p.parameter(fields[2])
	params.Max = p.parameter(fields[3])
	params.AverageBits = p.parameter(fields[4])
	if err := params.Validate(); err != nil {
		p.fail("%s", err)
	}
}

func (p *manifestParser) parameter(s string) int {
	n := p.number("chunker parameter", s)
	if n > maxMax {
		p.fail("chunker parameter %d is above %d", n, maxMax)
		return 0
	}
	return int(n)
}

// pieces reads the lines after the header, all there are: the header's count
// is not trusted with memory.
func (p *manifestParser) pieces(m *Manifest) {
	if p.err != nil {
		return
	}
	m.Pieces = make([]Piece, 0, len(p.rest)/chunkLine)
	left := m.Size
	for p.err == nil && left > 0 {
		piece := p.piece()
		p.check(m, piece, left)
		m.Pieces = append(m.Pieces, piece)
		left -= piece.Length
	}
	if p.err == nil && len(p.rest) > 0 {
		p.line++
		p.fail("trailing bytes: the pieces before are %d bytes, all of the size", m.Size)
	}
}

func (p *manifestParser) piece() (piece Piece) {
	name, length, _ := strings.Cut(p.next(), " ")
	if name == "hole" {
		piece.Hole = true
	} else if reason := parseHex(piece.ID[:], name); reason != "" {
		p.fail("chunk id: %s", reason)
	} else if piece.ID.IsZero() {
		p.fail("chunk id: the null id names no chunk")
	}
	piece.Length = p.number("length", length)
	return piece
}

// check applies the rules that span lines. left is how many bytes of the size
// the pieces so far have not covered.
func (p *manifestParser) check(m *Manifest, piece Piece, left int64) {
	n := len(m.Pieces)
	switch {
	case piece.Length == 0:
		p.fail("a piece of length 0")
	case piece.Length > left:
		p.fail("a piece of %d bytes, where %d are left of the size", piece.Length, left)
	case piece.Hole && n > 0 && m.Pieces[n-1].Hole:
		p.fail("a hole beside a hole")
	case piece.Hole && piece.Length < int64(m.Params.Min):
		p.fail("a hole of %d bytes, below the minimum of %d", piece.Length, m.Params.Min)
	case !piece.Hole && piece.Length > int64(m.Params.Max):
		p.fail("a chunk of %d bytes, above the maximum of %d", piece.Length, m.Params.Max)
	}
}
