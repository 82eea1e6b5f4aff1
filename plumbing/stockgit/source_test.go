// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

var _ transfer.Source = (*Source)(nil)

// pushed returns a server that has a file, and a machine that has only its
// manifest.
func pushed(t *testing.T, chunks [][]byte) (*machine, stock) {
	t.Helper()
	from, to, s := newMachine(t), newMachine(t), newStock(t)
	from.hold(chunks...)
	push(t, from.server(s), from, PushOptions{}, from.manifest("file", chunks...))
	to.manifest("file", chunks...)
	return to, s
}

func ids(chunks [][]byte) []chunkstore.ID {
	var all []chunkstore.ID
	for _, c := range chunks {
		all = append(all, chunkstore.BlobID(c))
	}
	return all
}

// get asks for chunks and compares what comes; those in not must not.
func get(t *testing.T, s *Source, chunks [][]byte, not map[chunkstore.ID]bool) {
	t.Helper()
	stream, err := s.Open(t.Context())
	must(t, err)
	defer stream.Close()
	all := ids(chunks)
	must(t, stream.Ask(all[:1]...))
	must(t, stream.Ask(all[1:]...))
	for i, want := range chunks {
		c, err := stream.Next()
		var missing *chunkstore.MissingError
		var corrupt *chunkstore.CorruptError
		if not[all[i]] {
			if !(errors.As(err, &missing) && missing.ID == all[i] || errors.As(err, &corrupt) && corrupt.ID == all[i]) {
				t.Fatalf("chunk %d: %v", i, err)
			}
			continue
		}
		must(t, err)
		if c.ID != all[i] || !bytes.Equal(c.Content, want) {
			t.Fatalf("chunk %d is %s of %d bytes", i, c.ID, len(c.Content))
		}
		if c.Object.ID != (chunkstore.ID{}) {
			c.Object.Release()
		}
		if c.Release != nil {
			c.Release()
		}
	}
	if n := stream.(interface{ Received() int64 }).Received(); n < chunkSize {
		t.Errorf("received %d bytes", n)
	}
}

// TestSourceOfWhatTheServerLost: the rest still comes.
func TestSourceOfWhatTheServerLost(t *testing.T) {
	chunks := random(12, 5)
	to, s := pushed(t, chunks)
	source := to.server(s).Source()
	defer source.Close()
	_, err := source.Have(t.Context(), nil)
	must(t, err)
	lost := chunkstore.BlobID(chunks[2]).String()
	refs := s.refs()
	s.run("update-ref", "-d", refs[0])
	for i, c := range chunks {
		if i != 2 {
			s.run("update-ref", "refs/kept/"+string(rune('a'+i)), chunkstore.BlobID(c).String())
		}
	}
	s.run("gc", "-q", "--prune=now")
	if _, err := s.git.Run(t.Context(), nil, "cat-file", "-e", lost); err == nil {
		t.Fatal("the server still has the chunk")
	}
	get(t, source, chunks, map[chunkstore.ID]bool{chunkstore.BlobID(chunks[2]): true})
}

// TestSourceThatGivesNoObjectsByID: an old protocol, or a policy.
func TestSourceThatGivesNoObjectsByID(t *testing.T) {
	chunks := random(13, 5)
	to, s := pushed(t, chunks)
	to.run("config", "protocol.version", "0")
	source := to.server(s).Source()
	get(t, source, chunks, nil)
	if !source.byRef.Load() {
		t.Error("objects came by id")
	}
	get(t, source, chunks[1:3], nil)
	source.Close()
	to.clean()
}

// TestSourceWithDeltas: the server's gc has made some.
func TestSourceWithDeltas(t *testing.T) {
	chunks := random(14, 4)
	for i := range chunks {
		chunks[i] = append(bytes.Clone(chunks[0]), byte(i))
	}
	to, s := pushed(t, chunks)
	s.run("repack", "-adfq", "--depth=10", "--window=10")
	get(t, to.server(s).Source(), chunks, nil)
	indexes, err := filepath.Glob(filepath.Join(s.dir, "objects/pack/*.idx"))
	must(t, err)
	pack, err := packfile.Open(indexes[0])
	must(t, err)
	defer pack.Close()
	deltas := 0
	for i := range pack.Index.Len() {
		if _, _, err := pack.Header(i); errors.Is(err, packfile.ErrDelta) {
			deltas++
		}
	}
	if deltas == 0 {
		t.Error("there was none to be tested")
	}
}

func TestSourceThatIsNotThere(t *testing.T) {
	m := newMachine(t)
	server := &Server{Repo: m.repo, Git: m.git, Name: "gone", URL: "file:///nonexistent/repository"}
	if _, err := server.Source().Have(t.Context(), nil); err == nil {
		t.Error("a server that is not there has answered")
	}
	if _, err := server.Source().Open(t.Context()); err == nil {
		t.Error("a server that is not there was opened")
	}
}

// TestSourceOfDamagedLoose objects, which the server notices; in packs it does
// not.
func TestSourceOfDamagedLoose(t *testing.T) {
	chunks := random(16, 7)
	to, s := pushed(t, chunks)
	packs, err := filepath.Glob(filepath.Join(s.dir, "objects/pack/*.pack"))
	must(t, err)
	for _, p := range packs {
		moved := filepath.Join(t.TempDir(), "pack")
		must(t, os.Rename(p, moved))
		must(t, os.Remove(strings.TrimSuffix(p, ".pack")+".idx"))
		in, err := os.Open(moved)
		must(t, err)
		defer in.Close()
		_, err = s.git.Run(t.Context(), in, "unpack-objects", "-q")
		must(t, err)
	}
	bad := chunkstore.BlobID(chunks[5])
	name := bad.String()
	must(t, os.Truncate(filepath.Join(s.dir, "objects", name[:2], name[2:]), 1000))
	source := to.server(s).Source()
	defer source.Close()
	get(t, source, chunks, map[chunkstore.ID]bool{bad: true})
}

// TestSourceOfMuchDamage is given up.
func TestSourceOfMuchDamage(t *testing.T) {
	chunks := random(18, 2*mostDamaged)
	to, s := pushed(t, chunks)
	source := to.server(s).Source()
	defer source.Close()
	stream := newStream(source)
	defer stream.Close()
	stream.damaged = mostDamaged - 1
	_, err := source.Have(t.Context(), nil)
	must(t, err)
	packs, err := filepath.Glob(filepath.Join(s.dir, "objects/pack/*.pack"))
	must(t, err)
	for _, p := range packs {
		data, err := os.ReadFile(p)
		must(t, err)
		for i := 1000; i < len(data); i += 1000 {
			data[i] ^= 1
		}
		must(t, os.Chmod(p, 0o600))
		must(t, os.WriteFile(p, data, 0o600))
	}
	must(t, stream.Ask(ids(chunks)...))
	var corrupt *chunkstore.CorruptError
	if _, err := stream.Next(); !errors.As(err, &corrupt) {
		t.Errorf("the first: %v", err)
	}
	if _, err := stream.Next(); err == nil || errors.As(err, &corrupt) {
		t.Errorf("the second: %v", err)
	}
}

// TestSourceOfTooLong: what is longer than its manifest says takes no memory.
func TestSourceOfTooLong(t *testing.T) {
	big := make([]byte, 2<<20)
	rand.NewChaCha8([32]byte{17}).Read(big)
	chunks := [][]byte{random(17, 1)[0], big, append(bytes.Clone(big), 1)}
	to, s := pushed(t, chunks)
	s.run("-c", "core.bigFileThreshold=1g", "repack", "-adfq", "--depth=10", "--window=10")
	f := chunkstore.Manifest{Params: chunkstore.DefaultParams()}
	for _, id := range ids(chunks) {
		f.Pieces = append(f.Pieces, chunkstore.Piece{ID: id, Length: chunkSize})
		f.Size += chunkSize
	}
	wrong, err := to.repo.WriteObject("blob", f.Encode())
	must(t, err)
	refs := s.refs()
	s.run("update-ref", ManifestRefs+wrong.String(), refs[0])
	s.run("update-ref", "-d", refs[0])
	source := to.server(s).Source()
	defer source.Close()
	get(t, source, chunks, map[chunkstore.ID]bool{chunkstore.BlobID(chunks[1]): true, chunkstore.BlobID(chunks[2]): true})
}

// TestCloseOfAFetch from a server that never ends.
func TestCloseOfAFetch(t *testing.T) {
	chunks := random(15, 3)
	to, s := pushed(t, chunks)
	slow := filepath.Join(t.TempDir(), "slow")
	must(t, os.WriteFile(slow, []byte("#!/bin/sh\nexec sleep 1000\n"), 0o777))
	server := to.server(s)
	stuck := server.Source()
	_, err := stuck.Have(t.Context(), nil)
	must(t, err)
	server.UploadPack = slow
	stream, err := stuck.Open(t.Context())
	must(t, err)
	must(t, stream.Ask(ids(chunks)...))
	must(t, stream.Close())
	to.clean()
}
