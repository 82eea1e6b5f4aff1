// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// packSet finds chunks in the packs that have a .keep file: chunk packs have
// one for good. All other objects are left to libgit2.
type packSet struct {
	dir string

	mu     sync.Mutex
	seen   time.Time // modification time of dir when it was last listed
	open   map[string]*packfile.Reader
	last   *packfile.Reader // where a chunk was found last
	broken map[string]error // packs that cannot be opened
}

type place struct {
	pack  *packfile.Reader
	index int
}

// find returns every place a chunk is at, and, when there is none, an error
// about a pack that might have held it.
func (s *packSet) find(id chunkstore.ID) ([]place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if places := s.lookUp(id); len(places) > 0 {
		return places, nil
	}
	if err := s.list(); err != nil {
		return nil, err
	}
	if places := s.lookUp(id); len(places) > 0 {
		return places, nil
	}
	for _, err := range s.broken {
		return nil, &chunkstore.CorruptError{ID: id, Where: s.dir, Err: err}
	}
	return nil, nil
}

// lookUp tries first the pack that had the chunk before.
func (s *packSet) lookUp(id chunkstore.ID) []place {
	var places []place
	if s.last != nil {
		if i, ok := s.last.Index.Find(id); ok {
			places = append(places, place{s.last, i})
		}
	}
	if len(places) > 0 {
		return append(places, s.others(id, s.last)...)
	}
	places = s.others(id, nil)
	if len(places) > 0 {
		s.last = places[0].pack
	}
	return places
}

func (s *packSet) others(id chunkstore.ID, but *packfile.Reader) []place {
	var places []place
	for _, p := range s.open {
		if p == but {
			continue
		}
		if i, ok := p.Index.Find(id); ok {
			places = append(places, place{p, i})
		}
	}
	return places
}

// list opens the packs that have come since it was last called.
func (s *packSet) list() error {
	fi, err := os.Stat(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list packs: %w", err)
	}
	// A directory changed within the clock's granularity looks unchanged.
	if fi.ModTime().Equal(s.seen) && time.Since(s.seen) > time.Second {
		return nil
	}
	keeps, err := filepath.Glob(filepath.Join(globEscape(s.dir), "*.keep"))
	if err != nil {
		return fmt.Errorf("list packs: %w", err)
	}
	s.seen = fi.ModTime()
	s.openAll(keeps)
	return nil
}

func (s *packSet) openAll(keeps []string) {
	if s.open == nil {
		s.open = map[string]*packfile.Reader{}
	}
	s.broken = map[string]error{}
	for _, keep := range keeps {
		idx := strings.TrimSuffix(keep, ".keep") + ".idx"
		if s.open[idx] != nil {
			continue
		}
		p, err := packfile.Open(idx)
		switch {
		case err == nil:
			s.open[idx] = p
		case !errors.Is(err, fs.ErrNotExist): // not there: just being written
			s.broken[idx] = err
		}
	}
}

// all returns the open packs by the path of their .idx, and those that cannot
// be opened; the maps are the caller's.
func (s *packSet) all() (map[string]*packfile.Reader, map[string]error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = time.Time{}
	if err := s.list(); err != nil {
		return nil, nil, err
	}
	return maps.Clone(s.open), s.broken, nil
}

// forget closes a pack that is about to be removed.
func (s *packSet) forget(idx string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.open[idx]; p != nil {
		p.Close()
		delete(s.open, idx)
		if s.last == p {
			s.last = nil
		}
	}
}

func (s *packSet) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.open {
		p.Close()
	}
	s.open, s.last = nil, nil
}

// globEscape makes path match itself alone.
func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
