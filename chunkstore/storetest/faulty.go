// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
)

// The stores below break the promises of chunkstore.Store, as what lies at the
// other end of a wire may. They are for testing what uses stores.

// ErrReset is what a resetting store returns.
var ErrReset = errors.New("connection reset by peer")

// A Faulty store is one whose methods go wrong where a function is set.
type Faulty struct {
	chunkstore.Store
	// From is how many answers of Get are good before anything goes wrong.
	From int
	// OnGet sees each answer of Get and returns what becomes of it.
	OnGet func(ctx context.Context, id chunkstore.ID, data []byte, err error) ([]byte, error)
	// OnPut is asked before each Put, which fails with its error.
	OnPut func(ctx context.Context, id chunkstore.ID) error
	// OnHas sees each answer of Has and returns what becomes of it.
	OnHas func(ctx context.Context, id chunkstore.ID, ok bool, err error) (bool, error)

	gets atomic.Int64
}

// Get implements chunkstore.Getter, after its fashion.
func (f *Faulty) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	data, err := f.Store.Get(ctx, id)
	if n := f.gets.Add(1); f.OnGet != nil && n > int64(f.From) {
		return f.OnGet(ctx, id, data, err)
	}
	return data, err
}

// Has implements chunkstore.Haver, after its fashion.
func (f *Faulty) Has(ctx context.Context, id chunkstore.ID) (bool, error) {
	ok, err := f.Store.Has(ctx, id)
	if f.OnHas != nil && f.gets.Load() >= int64(f.From) {
		return f.OnHas(ctx, id, ok, err)
	}
	return ok, err
}

// Put implements chunkstore.Putter, after its fashion.
func (f *Faulty) Put(ctx context.Context, id chunkstore.ID, data []byte) error {
	if f.OnPut != nil && f.gets.Load() >= int64(f.From) {
		if err := f.OnPut(ctx, id); err != nil {
			return err
		}
	}
	return f.Store.Put(ctx, id, data)
}

// Slow returns a store that takes its time for each answer of Get.
func Slow(s chunkstore.Store, delay time.Duration) *Faulty {
	return &Faulty{Store: s, OnGet: func(ctx context.Context, _ chunkstore.ID, data []byte, err error) ([]byte, error) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(delay):
			return data, err
		}
	}}
}

// Stalling returns a store that answers when ctx ends, and not before.
func Stalling(s chunkstore.Store) *Faulty {
	return &Faulty{
		Store: s,
		OnGet: func(ctx context.Context, _ chunkstore.ID, _ []byte, _ error) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		OnHas: func(ctx context.Context, _ chunkstore.ID, _ bool, _ error) (bool, error) {
			<-ctx.Done()
			return false, ctx.Err()
		},
	}
}

// Hanging returns a store that answers when until is closed, whatever becomes
// of ctx, as a disk on a dead network does.
func Hanging(s chunkstore.Store, until <-chan struct{}) *Faulty {
	return &Faulty{
		Store: s,
		OnGet: func(_ context.Context, _ chunkstore.ID, data []byte, err error) ([]byte, error) {
			<-until
			return data, err
		},
		OnHas: func(_ context.Context, _ chunkstore.ID, ok bool, err error) (bool, error) {
			<-until
			return ok, err
		},
	}
}

// Lying returns a store whose Get returns other bytes of the same length, and
// that claims to have everything.
func Lying(s chunkstore.Store) *Faulty {
	return &Faulty{
		Store: s,
		OnGet: func(_ context.Context, _ chunkstore.ID, data []byte, err error) ([]byte, error) {
			if err != nil || len(data) == 0 {
				return []byte("a lie"), nil
			}
			lie := bytes.Clone(data)
			lie[len(lie)/2] ^= 1
			return lie, nil
		},
		OnHas: func(context.Context, chunkstore.ID, bool, error) (bool, error) { return true, nil },
	}
}

// Corrupt returns a store that finds all it has damaged.
func Corrupt(s chunkstore.Store) *Faulty {
	return &Faulty{Store: s, OnGet: func(_ context.Context, id chunkstore.ID, _ []byte, _ error) ([]byte, error) {
		return nil, &chunkstore.CorruptError{ID: id, Where: "a bad disk"}
	}}
}

// Truncating returns a store whose Get returns the first half.
func Truncating(s chunkstore.Store) *Faulty {
	return &Faulty{Store: s, OnGet: func(_ context.Context, _ chunkstore.ID, data []byte, err error) ([]byte, error) {
		return data[:len(data)/2], err
	}}
}

// Resetting returns a store whose Get fails as a connection does that the
// other side resets.
func Resetting(s chunkstore.Store) *Faulty {
	return &Faulty{Store: s, OnGet: func(context.Context, chunkstore.ID, []byte, error) ([]byte, error) {
		return nil, ErrReset
	}}
}

// Full returns a store that takes nothing.
func Full(s chunkstore.Store) *Faulty {
	return &Faulty{Store: s, OnPut: func(context.Context, chunkstore.ID) error {
		return &passive.FullError{Place: "a full store", Err: syscall.ENOSPC}
	}}
}

// Vanished returns a store that was unplugged.
func Vanished(s chunkstore.Store) *Faulty {
	gone := &passive.OfflineError{Place: "an unplugged store", Err: syscall.EIO}
	return &Faulty{
		Store: s,
		OnGet: func(context.Context, chunkstore.ID, []byte, error) ([]byte, error) { return nil, gone },
		OnHas: func(context.Context, chunkstore.ID, bool, error) (bool, error) { return false, gone },
		OnPut: func(context.Context, chunkstore.ID) error { return gone },
	}
}
