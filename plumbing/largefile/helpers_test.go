// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/restic/chunker"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// smallParams make many chunks of little content.
func smallParams() chunkstore.Params {
	p := chunkstore.DefaultParams()
	p.Min, p.Max, p.AverageBits = 64<<10, 256<<10, 16
	return p
}

// otherParams have other cuts and other holes than smallParams.
func otherParams() chunkstore.Params {
	p := smallParams()
	p.Min, p.Max = 100<<10, 200<<10
	return p
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func randomBytes(r *rand.Rand, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}).Read(data)
	return data
}

func text(r *rand.Rand, n int) []byte {
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, "web-%02d sshd[%d]: accepted user%d\n", r.IntN(20), r.IntN(32768), r.IntN(9))
	}
	return b.Bytes()[:n]
}

// zeroes has a length round one at which something changes.
func zeroes(r *rand.Rand, p chunkstore.Params) []byte {
	lengths := []int{1, 4096, p.Min / 2, p.Min, p.Min, 2 * p.Min, p.Max, p.Max + p.Min, 2*p.Max + p.Min, 3 * p.Max}
	return make([]byte, max(0, lengths[r.IntN(len(lengths))]+r.IntN(3)-1))
}

// content puts together random parts, of which about a third are zeroes.
func content(r *rand.Rand, p chunkstore.Params, parts int) []byte {
	var data []byte
	for range parts {
		switch r.IntN(7) {
		case 0, 1:
			data = append(data, zeroes(r, p)...)
		case 2:
			data = append(data, text(r, r.IntN(2*p.Max))...)
		case 3:
			data = append(data, byte(1+r.IntN(255)))
		case 4: // the same again
			if n := len(data); n > 0 {
				at := r.IntN(n)
				data = append(data, data[at:min(n, at+p.Max)]...)
			}
		default:
			data = append(data, randomBytes(r, r.IntN(2*p.Max))...)
		}
	}
	return data
}

// edited returns a copy with a few insertions, deletions and changes.
func edited(r *rand.Rand, p chunkstore.Params, data []byte) []byte {
	data = bytes.Clone(data)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(data) + 1)
		end := min(len(data), at+r.IntN(p.Max))
		switch r.IntN(4) {
		case 0:
			data = slices.Insert(data, at, randomBytes(r, r.IntN(1000))...)
		case 1:
			data = slices.Delete(data, at, end)
		case 2:
			data = slices.Insert(data, at, zeroes(r, p)...)
		default:
			copy(data[at:end], randomBytes(r, end-at))
		}
	}
	return data
}

// reference is the manifest of data, by the shortest way: the segments between
// the maximal runs of at least Min zeroes, each cut by restic/chunker.
func reference(p chunkstore.Params, data []byte) *chunkstore.Manifest {
	m := &chunkstore.Manifest{SHA256: sha256.Sum256(data), Size: int64(len(data)), Params: p}
	segment := 0 // where it begins
	for at := 0; at < len(data); {
		end := at
		for end < len(data) && data[end] == 0 {
			end++
		}
		if end-at >= p.Min {
			m.Pieces = append(m.Pieces, resticPieces(p, data[segment:at])...)
			m.Pieces = append(m.Pieces, chunkstore.Piece{Length: int64(end - at), Hole: true})
			segment = end
		}
		at = max(end, at+1)
	}
	m.Pieces = append(m.Pieces, resticPieces(p, data[segment:])...)
	return m
}

func resticPieces(p chunkstore.Params, data []byte) []chunkstore.Piece {
	base := chunker.NewBase(chunker.Pol(p.Polynomial),
		chunker.WithBaseBoundaries(uint(p.Min), uint(p.Max)), chunker.WithBaseAverageBits(p.AverageBits))
	var pieces []chunkstore.Piece
	for len(data) > 0 {
		n := base.NextSplitPoint(data)
		if n < 0 {
			n = len(data)
		}
		pieces = append(pieces, chunkstore.Piece{ID: chunkstore.BlobID(data[:n]), Length: int64(n)})
		data = data[n:]
	}
	return pieces
}

// sparseFile writes data to a file, with holes for some of the pages that are
// zero.
func sparseFile(t testing.TB, r *rand.Rand, data []byte) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.Truncate(int64(len(data))); err != nil {
		t.Fatal(err)
	}
	const page = 4096
	none, hole := make([]byte, page), r.IntN(2) == 0
	for at := 0; at < len(data); at += page {
		part := data[at:min(len(data), at+page)]
		isZero := bytes.Equal(part, none[:len(part)])
		if r.IntN(64) == 0 || !isZero { // the next zeroes may be another
			hole = r.IntN(3) > 0
		}
		if isZero && hole {
			continue
		}
		if _, err := f.WriteAt(part, int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// pipe gives data in slices of random length.
type pipe struct {
	r    *rand.Rand
	data []byte
}

func (p *pipe) Read(buf []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(buf, p.data[:min(len(p.data), 1+p.r.IntN(100_000))])
	p.data = p.data[n:]
	return n, nil
}

// A memory is both ends of a chunk store.
type memory struct {
	mu       sync.Mutex
	chunks   map[chunkstore.ID][]byte
	copies   map[chunkstore.ID][]byte // what Get finds besides
	has      map[chunkstore.ID]bool
	appended []chunkstore.ID
	read     []chunkstore.ID
}

// memoryOf has the chunks of data.
func memoryOf(m *chunkstore.Manifest, data []byte) *memory {
	s := &memory{chunks: map[chunkstore.ID][]byte{}, has: map[chunkstore.ID]bool{}}
	for _, at := range spans(m) {
		if !at.Hole {
			s.chunks[at.ID] = data[at.offset : at.offset+at.Length]
		}
	}
	return s
}

func (s *memory) Read(ctx context.Context, id chunkstore.ID, buf []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = append(s.read, id)
	data, ok := s.chunks[id]
	if !ok {
		return nil, &chunkstore.MissingError{ID: id}
	}
	return append(buf[:0], data...), ctx.Err()
}

func (s *memory) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	data, err := s.Read(ctx, id, nil)
	if s.copies[id] != nil {
		data = s.copies[id]
	}
	if err == nil {
		err = chunkstore.Verify(id, data, "memory")
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

func (s *memory) Has(id chunkstore.ID) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.has[id], nil
}

func (s *memory) Append(o packfile.Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.appended = append(s.appended, o.ID)
	return nil
}

func command(args ...string) (string, error) {
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	return string(out), err
}
