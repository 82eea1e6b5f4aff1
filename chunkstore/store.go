// SPDX-License-Identifier: Apache-2.0

package chunkstore

import "context"

// Getter reads chunks.
type Getter interface {
	// Get returns the content of id, verified against id; the slice is the
	// caller's. It returns a *MissingError when the store has no such chunk
	// and a *CorruptError when what it has is not that chunk.
	Get(ctx context.Context, id ID) ([]byte, error)
}

// Haver answers which chunks there are.
type Haver interface {
	// Has reports whether Get would find id. It need not read the content,
	// so a corrupt chunk may count as there.
	Has(ctx context.Context, id ID) (bool, error)
}

// Putter writes chunks.
type Putter interface {
	// Put stores data as id, and is done when Get would return it. It keeps
	// no reference to data. It stores nothing and returns a *CorruptError
	// when data is not what id names; a chunk that is there already is no
	// error.
	Put(ctx context.Context, id ID, data []byte) error
}

// Store is a place that holds chunks. All methods may be called concurrently,
// and return ctx's error once ctx is done.
type Store interface {
	Getter
	Haver
	Putter
}
