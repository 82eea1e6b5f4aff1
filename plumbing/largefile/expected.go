// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"sync"

	"github.com/git-devops/git-devops/chunkstore"
)

// From any cut onwards the cuts depend on the content that follows alone. So
// where a chunk of the previous version begins at a cut of this one, and its
// hash is the same, its end is a cut too, and nothing need be rolled over.
// The last chunk of a segment is the exception: the end of the segment ended
// it, so it is only expected there.

// giveUp is the number of wrong guesses in a row after which only a chunk that
// is found again by its hash starts the guessing anew.
const giveUp = 3

// expected foretells chunks from the previous manifest. The nil *expected
// foretells nothing.
type expected struct {
	pieces []chunkstore.Piece
	at     map[chunkstore.ID]int
	next   int // index of the piece to guess
	wrong  int // guesses in a row
}

type match struct {
	id     chunkstore.ID
	length int
}

// expect returns nil when previous is of no use with params.
func expect(previous *chunkstore.Manifest, params chunkstore.Params) *expected {
	if previous == nil || previous.Params != params {
		return nil
	}
	e := &expected{pieces: previous.Pieces, at: make(map[chunkstore.ID]int, len(previous.Pieces))}
	for i, p := range e.pieces {
		if !p.Hole {
			e.at[p.ID] = i
		}
	}
	return e
}

// match returns the expected chunks that data, which begins at a cut, begins
// with. With final the segment ends at the end of data.
func (e *expected) match(data []byte, final bool) []match {
	if e == nil || e.wrong >= giveUp {
		return nil
	}
	guesses := e.guess(len(data), final)
	if e.wrong > 0 && len(guesses) > 1 {
		guesses = guesses[:1] // doubtful: waste no more than one hash
	}
	found := make([]bool, len(guesses))
	var wg sync.WaitGroup
	off := 0
	for i, g := range guesses {
		chunk := data[off : off+g.length]
		off += g.length
		wg.Go(func() { found[i] = chunkstore.BlobID(chunk) == g.id })
	}
	wg.Wait()
	n := 0
	for n < len(found) && found[n] {
		n++
	}
	e.next += n
	if n > 0 {
		e.wrong = 0
	}
	if n < len(guesses) {
		e.wrong++
	}
	return guesses[:n]
}

// guess lists the chunks that should come next, as far as they fit into size
// bytes.
func (e *expected) guess(size int, final bool) []match {
	for e.next < len(e.pieces) && e.pieces[e.next].Hole {
		e.next++
	}
	var guesses []match
	for i := e.next; i < len(e.pieces) && !e.pieces[i].Hole; i++ {
		p := e.pieces[i]
		size -= int(p.Length)
		last := i+1 == len(e.pieces) || e.pieces[i+1].Hole
		if size < 0 || last && !(final && size == 0) {
			break
		}
		guesses = append(guesses, match{p.ID, int(p.Length)})
	}
	return guesses
}

// resume looks for where in the previous manifest p, a chunk that was not
// foretold, belongs.
func (e *expected) resume(p *piece) {
	if e == nil {
		return
	}
	p.id, p.idKnown = chunkstore.BlobID(p.data), true
	if i, ok := e.at[p.id]; ok {
		e.next, e.wrong = i+1, 0
		return
	}
	if e.wrong > 0 && e.next < len(e.pieces) {
		e.next++
	}
}
