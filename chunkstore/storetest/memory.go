// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Memory is the simplest Store that passes.
type Memory struct {
	mu     sync.Mutex
	chunks map[chunkstore.ID][]byte
}

// NewMemory returns a store that holds these contents.
func NewMemory(contents ...[]byte) *Memory {
	m := &Memory{chunks: map[chunkstore.ID][]byte{}}
	for _, data := range contents {
		m.chunks[chunkstore.BlobID(data)] = bytes.Clone(data)
	}
	return m
}

// Get implements chunkstore.Getter.
func (m *Memory) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
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

// Has implements chunkstore.Haver.
func (m *Memory) Has(ctx context.Context, id chunkstore.ID) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.chunks[id]
	return ok, nil
}

// Put implements chunkstore.Putter.
func (m *Memory) Put(ctx context.Context, id chunkstore.ID, data []byte) error {
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

// Corrupt implements Corrupter.
func (m *Memory) Corrupt(_ testing.TB, id chunkstore.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.chunks[id][0] ^= 1
}
