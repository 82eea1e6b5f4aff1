// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) chunkstore.Store { return &memory{chunks: map[chunkstore.ID][]byte{}} })
}

// memory is the simplest Store that passes.
type memory struct {
	mu     sync.Mutex
	chunks map[chunkstore.ID][]byte
}

func (m *memory) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.chunks[id]
	if !ok {
		return nil, &chunkstore.MissingError{ID: id}
	}
	if err := chunkstore.Verify(id, data, "memory"); err != nil {
		return nil, err
	}
	return bytes.Clone(data), nil
}

func (m *memory) Has(ctx context.Context, id chunkstore.ID) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.chunks[id]
	return ok, nil
}

func (m *memory) Put(ctx context.Context, id chunkstore.ID, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := chunkstore.Verify(id, data, "memory"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.chunks[id] = bytes.Clone(data)
	return nil
}

func (m *memory) Corrupt(_ testing.TB, id chunkstore.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.chunks[id][0] ^= 1
}
