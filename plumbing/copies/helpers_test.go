// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// memory is a held set. What is dropped keeps its content until gc.
type memory struct {
	mu            sync.Mutex
	held, content map[chunkstore.ID]bool

	onDrop     func() error // called when ids are out of the set
	restoreErr error
}

func (m *memory) Holding(_ context.Context, ids []chunkstore.ID) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	holding := make([]bool, len(ids))
	for i, id := range ids {
		holding[i] = m.held[id] && m.content[id]
	}
	return holding, nil
}

func (m *memory) Drop(_ context.Context, ids []chunkstore.ID) error {
	m.mu.Lock()
	for _, id := range ids {
		delete(m.held, id)
	}
	m.mu.Unlock()
	if m.onDrop != nil {
		return m.onDrop()
	}
	return nil
}

func (m *memory) Restore(_ context.Context, ids []chunkstore.ID) (gone []chunkstore.ID, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.restoreErr != nil {
		return nil, m.restoreErr
	}
	for _, id := range ids {
		if m.content[id] {
			m.held[id] = true
		} else {
			gone = append(gone, id)
		}
	}
	return gone, nil
}

func (m *memory) holds(ids ...chunkstore.ID) bool {
	holding, _ := m.Holding(context.Background(), ids)
	return !slices.Contains(holding, false)
}

// A host is a repository that others can ask for locks.
type host struct {
	*Custody
	name string
	set  *memory
	dir  string
	at   time.Duration // what its clock tells

	mu       sync.Mutex
	asked    int
	released int
	lockErr  error
	lie      func([]bool) []bool
	id       string
}

// newHost makes a host that holds ids. Its files are in memory where there is
// room for that.
func newHost(t *testing.T, name string, ids ...chunkstore.ID) *host {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "copies-")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	set := &memory{held: map[chunkstore.ID]bool{}, content: map[chunkstore.ID]bool{}}
	for _, id := range ids {
		set.held[id], set.content[id] = true, true
	}
	h := &host{name: name, set: set, dir: dir}
	h.Custody = h.again(t)
	return h
}

// again opens the custody once more, as another process does.
func (h *host) again(t *testing.T) *Custody {
	t.Helper()
	c, err := Open(h.dir, h.set)
	must(t, err)
	c.now = func() (Instant, error) { return Instant{boot1, h.at}, nil }
	c.pause = 5 * time.Millisecond
	return c
}

func (h *host) files(t *testing.T, prefix string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.Custody.dir, prefix+"*"))
	must(t, err)
	return files
}

// keeper is a host as another one sees it.
type keeper struct{ *host }

func (k keeper) Name() string     { return k.name }
func (k keeper) Identity() string { return k.id }

func (k keeper) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	return k.set.Holding(ctx, ids)
}

func (k keeper) Lock(ctx context.Context, ids []chunkstore.ID, d time.Duration) ([]bool, func(), error) {
	k.mu.Lock()
	k.asked++
	k.mu.Unlock()
	if k.lockErr != nil {
		return nil, nil, k.lockErr
	}
	token, granted, err := k.Custody.Lock(ctx, ids, d)
	if err != nil {
		return nil, nil, err
	}
	if k.lie != nil {
		granted = k.lie(granted)
	}
	return granted, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.released++
		_ = k.Unlock(context.Background(), token)
	}, nil
}

// shelf is a passive store.
type shelf struct {
	name string
	has  map[chunkstore.ID]bool
}

func (s shelf) Name() string { return s.name }

func (s shelf) Have(_ context.Context, ids []chunkstore.ID) ([]bool, error) {
	have := make([]bool, len(ids))
	for i, id := range ids {
		have[i] = s.has[id]
	}
	return have, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var errBroken = errors.New("broken")
