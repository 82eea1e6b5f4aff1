// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"context"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
)

// askedOne is up to how many ids are asked for one by one. A list of all names
// costs a request for each thousand.
const askedOne = 512

// Have implements passive.Bodies.
func (b *Bucket) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	if len(ids) > askedOne {
		return b.haveOfList(ctx, ids)
	}
	have := make([]bool, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, id := range ids {
		g.Go(func() (err error) {
			have[i], err = b.has(ctx, id)
			return err
		})
	}
	return have, g.Wait()
}

func (b *Bucket) has(ctx context.Context, id chunkstore.ID) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	_, err := b.client.StatObject(ctx, b.address.Bucket, b.key(id), minio.StatObjectOptions{})
	if absent(err) {
		return false, nil
	}
	if err != nil {
		return false, b.wrap(ctx, "look for object "+id.String(), err)
	}
	return true, nil
}

func (b *Bucket) haveOfList(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	at := make(map[chunkstore.ID][]int, len(ids))
	for i, id := range ids {
		at[id] = append(at[id], i)
	}
	have := make([]bool, len(ids))
	err := b.Each(ctx, func(id chunkstore.ID) error {
		for _, i := range at[id] {
			have[i] = true
		}
		return nil
	})
	return have, err
}

// Each implements passive.Bodies. The names that begin with one hexadecimal
// digit are one list.
func (b *Bucket) Each(ctx context.Context, fn func(chunkstore.ID) error) error {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel / 2)
	for _, digit := range "0123456789abcdef" {
		g.Go(func() error {
			return b.eachBelow(ctx, b.address.Prefix+string(digit), func(id chunkstore.ID) error {
				mu.Lock()
				defer mu.Unlock()
				if err := ctx.Err(); err != nil {
					return err
				}
				return fn(id)
			})
		})
	}
	return g.Wait()
}

func (b *Bucket) eachBelow(ctx context.Context, prefix string, fn func(chunkstore.ID) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range b.client.ListObjectsIter(ctx, b.address.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return b.wrap(ctx, "list objects", o.Err)
		}
		sub, file, _ := strings.Cut(strings.TrimPrefix(o.Key, b.address.Prefix), "/")
		id, ok := b.mark.BodyID(sub, file)
		if !ok {
			continue
		}
		if err := fn(id); err != nil {
			return err
		}
	}
	return ctx.Err()
}
