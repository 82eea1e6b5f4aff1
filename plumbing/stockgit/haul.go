// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// A haul is what was fetched into a scratch repository.
type haul struct {
	server  string // its name
	scratch *scratch
	packs   map[string]*packfile.Reader // by the path of the index
}

func (s *Server) newHaul() (*haul, error) {
	scratch, err := newScratch(s.Repo, s.Git, false)
	if err != nil {
		return nil, err
	}
	return &haul{s.Name, scratch, map[string]*packfile.Reader{}}, nil
}

// fetch fetches objects by id, or refs, all or none.
func (h *haul) fetch(ctx context.Context, s *Server, what []string) error {
	args := []string{"fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--stdin"}
	if s.UploadPack != "" {
		args = append(args, "--upload-pack="+s.UploadPack)
	}
	in := strings.NewReader(strings.Join(what, "\n") + "\n")
	if _, err := h.scratch.git.Run(ctx, in, append(args, "--", s.URL)...); err != nil {
		return err
	}
	return h.open()
}

// open opens the packs that came.
func (h *haul) open() error {
	entries, err := os.ReadDir(h.scratch.packDir())
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(h.scratch.packDir(), e.Name())
		if filepath.Ext(path) != ".idx" || h.packs[path] != nil {
			continue
		}
		pack, err := packfile.Open(path)
		if err != nil {
			return err
		}
		h.packs[path] = pack
	}
	return nil
}

// chunk reads a chunk of at most so many bytes. The error is a
// *chunkstore.MissingError when it did not come, and a
// *chunkstore.CorruptError when what came is longer, or no chunk.
func (h *haul) chunk(ctx context.Context, id chunkstore.ID, most int64) (transfer.Chunk, error) {
	for _, pack := range h.packs {
		i, ok := pack.Index.Find(id)
		if !ok {
			continue
		}
		_, size, err := pack.Header(i)
		switch {
		case errors.Is(err, packfile.ErrDelta):
			return h.delta(ctx, id, most)
		case err != nil:
			return transfer.Chunk{}, err
		case size > most || pack.RawSize(i) > packfile.LongestEntry(most):
			return transfer.Chunk{}, h.tooLong(id, max(size, pack.RawSize(i)), most)
		}
		raw, err := pack.ReadBlobRaw(i, nil)
		if errors.Is(err, packfile.ErrNotBlob) {
			return transfer.Chunk{}, &chunkstore.CorruptError{ID: id, Where: h.server, Err: err}
		}
		if err != nil {
			return transfer.Chunk{}, err
		}
		content, err := packfile.Decode(raw, nil)
		if err != nil {
			return transfer.Chunk{}, err
		}
		return transfer.Chunk{ID: id, Content: content, Object: packfile.FromRaw(id, raw)}, nil
	}
	return transfer.Chunk{}, &chunkstore.MissingError{ID: id}
}

// delta reads a chunk that the server has sent as a difference: its gc does
// not know that chunks have nothing in common.
func (h *haul) delta(ctx context.Context, id chunkstore.ID, most int64) (transfer.Chunk, error) {
	out, err := h.scratch.git.Run(ctx, nil, "cat-file", "-s", id.String())
	if err != nil {
		return transfer.Chunk{}, err
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return transfer.Chunk{}, fmt.Errorf("read the size of chunk %s: %w", id, err)
	}
	if size > most {
		return transfer.Chunk{}, h.tooLong(id, size, most)
	}
	content, err := h.scratch.git.Run(ctx, nil, "cat-file", "blob", id.String())
	return transfer.Chunk{ID: id, Content: content}, err
}

func (h *haul) tooLong(id chunkstore.ID, n, most int64) error {
	return &chunkstore.CorruptError{ID: id, Where: h.server, Err: fmt.Errorf("it has %d bytes, at most %d are right", n, most)}
}

// arrived returns how many bytes a fetch under way has received so far.
func (h *haul) arrived() int64 {
	names, err := filepath.Glob(escapeGlob(h.scratch.packDir()) + "/tmp_pack_*")
	if err != nil {
		return 0
	}
	total := int64(0)
	for _, name := range names {
		if info, err := os.Lstat(name); err == nil {
			total += info.Size()
		}
	}
	return total
}

func (h *haul) close() {
	for _, p := range h.packs {
		_ = p.Close()
	}
	h.scratch.remove()
}

// What git and servers say when they do not give an object.
const (
	saysRefused = "does not allow request for unadvertised object"
	saysNotOurs = "not our ref "
	// Who notices that an object is damaged depends on how it is stored.
	saysCorrupt = "possible repository corruption on the remote side"
	saysBad     = "pack has bad object"
)

// damaged says that err, from a fetch, is about an object that is damaged on
// the server.
func damaged(err error) bool {
	return strings.Contains(err.Error(), saysCorrupt) || strings.Contains(err.Error(), saysBad)
}

// notOurs returns the object that the server says it has not got.
func notOurs(message string) (chunkstore.ID, bool) {
	_, rest, found := strings.Cut(message, saysNotOurs)
	if !found || len(rest) < 40 {
		return chunkstore.ID{}, false
	}
	id, err := chunkstore.ParseID(rest[:40])
	return id, err == nil
}

// missing says that err, from a fetch, is about what was asked for and not
// about the server.
func missing(err error) bool {
	return strings.Contains(err.Error(), saysNotOurs) ||
		strings.Contains(err.Error(), "couldn't find remote ref")
}

// wholeManifest fetches a manifest's ref with all its chunks into the haul that
// all streams share. It returns nil also when the server has no such ref any
// more.
func (s *Source) wholeManifest(ctx context.Context, id chunkstore.ID) error {
	if s.got[id] {
		return nil
	}
	if s.whole.Load() == nil {
		h, err := s.server.newHaul()
		if err != nil {
			return err
		}
		s.whole.Store(h)
	}
	err := s.whole.Load().fetch(ctx, s.server, []string{ManifestRefs + id.String()})
	if err != nil && !missing(err) {
		return fmt.Errorf("fetch manifest %s: %w", id, err)
	}
	s.got[id] = true
	return nil
}

// fromWhole reads a chunk after fetching the manifest that has it. The error
// is a *chunkstore.MissingError when that has not brought it.
func (s *Source) fromWhole(ctx context.Context, id chunkstore.ID) (transfer.Chunk, error) {
	o, found := s.find(id)
	if !found {
		return transfer.Chunk{}, &chunkstore.MissingError{ID: id}
	}
	if err := s.acquire(ctx); err != nil {
		return transfer.Chunk{}, err
	}
	defer s.release()
	if err := s.wholeManifest(ctx, o.manifest); err != nil {
		return transfer.Chunk{}, err
	}
	return s.whole.Load().chunk(ctx, id, o.longest())
}
