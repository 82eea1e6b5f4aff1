// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
)

// parallel is how many requests one call makes at once.
const parallel = 16

// Options say how to reach a bucket.
type Options struct {
	// Getenv is where credentials are looked for.
	Getenv Environment
	// Retries is how often a request is made at most, 0 for 8 times, which
	// takes about six seconds.
	Retries int
}

// A Bucket is an open bucket of bodies; it implements passive.Bodies.
type Bucket struct {
	address Address
	client  *minio.Client
	net     *http.Transport
	mark    passive.Mark
	tries   int
}

var _ passive.Bodies = (*Bucket)(nil)

// Open opens the store at an address. Where no store is, or nobody answers, it
// returns an *passive.OfflineError; a server that knows better who may ask
// makes it a *passive.CredentialsError. The caller closes the Bucket.
func Open(ctx context.Context, a Address, o Options) (*Bucket, error) {
	b, err := dial(a, o)
	if err != nil {
		return nil, err
	}
	if err := b.readMark(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Create makes the place a store with this mark, and opens it. Where one is
// already, it returns that one. The bucket must exist.
func Create(ctx context.Context, a Address, mark passive.Mark, o Options) (*Bucket, error) {
	b, err := dial(a, o)
	if err != nil {
		return nil, err
	}
	err = b.readMark(ctx)
	if errors.Is(err, errNoMark) {
		if err = b.writeMark(ctx, mark); err == nil {
			err = b.readMark(ctx)
		}
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func dial(a Address, o Options) (*Bucket, error) {
	if o.Retries == 0 {
		o.Retries = 8
	}
	b := &Bucket{address: a, net: transport(), tries: min(o.Retries, 3)}
	var err error
	b.client, err = minio.New(a.Host, &minio.Options{
		Creds: o.Getenv.chain(), Secure: a.Secure, Region: o.Getenv.region(),
		Transport: b.net, MaxRetries: o.Retries,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", a, err)
	}
	return b, nil
}

var errNoMark = fmt.Errorf("there is no object %s, by which a store is known", passive.MarkName)

func (b *Bucket) readMark(ctx context.Context) error {
	data, err := b.read(ctx, b.address.Prefix+passive.MarkName, passive.MaxMark)
	if absent(err) {
		return &passive.OfflineError{Place: b.Name(), Err: errNoMark}
	}
	if err != nil {
		return b.wrap(ctx, "read the mark", err)
	}
	if b.mark, err = passive.ParseMark(data); err != nil {
		return fmt.Errorf("%s: %w", b.Name(), err)
	}
	return nil
}

// writeMark writes the mark unless there is one. A server that does not know
// such a condition gets it without.
func (b *Bucket) writeMark(ctx context.Context, mark passive.Mark) error {
	o := putOptions()
	o.SetMatchETagExcept("*")
	err := b.put(ctx, b.address.Prefix+passive.MarkName, mark.Encode(), o)
	switch code(err) {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return nil // somebody else was faster
	case http.StatusNotImplemented:
		err = b.put(ctx, b.address.Prefix+passive.MarkName, mark.Encode(), putOptions())
	}
	if err != nil {
		return b.wrap(ctx, "write the mark", err)
	}
	return nil
}

// Close ends the connections. No other method may be running or called later.
func (b *Bucket) Close() error {
	b.net.CloseIdleConnections()
	return nil
}

// Name implements passive.Bodies.
func (b *Bucket) Name() string { return b.address.String() }

// Mark implements passive.Bodies.
func (b *Bucket) Mark() passive.Mark { return b.mark }

func (b *Bucket) key(id chunkstore.ID) string {
	sub, file := b.mark.BodyName(id)
	return b.address.Prefix + sub + "/" + file
}

// Read implements passive.Bodies.
func (b *Bucket) Read(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	body, err := b.read(ctx, b.key(id), passive.MaxBody)
	switch {
	case absent(err):
		return nil, &chunkstore.MissingError{ID: id}
	case errors.Is(err, errLong):
		return nil, &chunkstore.CorruptError{ID: id, Where: b.Name(), Err: err}
	case err != nil:
		return nil, b.wrap(ctx, "read object "+id.String(), err)
	}
	return body, nil
}

var errLong = errors.New("it is too long")

// read returns an object of at most limit bytes. The library repeats what is
// refused; a body that breaks off is repeated here.
func (b *Bucket) read(ctx context.Context, key string, limit int64) ([]byte, error) {
	for try := 1; ; try++ {
		data, err := b.readOnce(ctx, key, limit)
		if err == nil || code(err) != 0 || errors.Is(err, errLong) || try >= b.tries || ctx.Err() != nil {
			return data, err
		}
	}
}

func (b *Bucket) readOnce(ctx context.Context, key string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends a body that is not read to its end
	core := minio.Core{Client: b.client}
	body, info, _, err := core.GetObject(ctx, b.address.Bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if info.Size < 0 || info.Size > limit {
		return nil, errLong
	}
	data := make([]byte, info.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, fmt.Errorf("read %d bytes: %w", info.Size, err)
	}
	return data, nil
}

// Write implements passive.Bodies.
func (b *Bucket) Write(ctx context.Context, id chunkstore.ID, body []byte) error {
	if err := b.put(ctx, b.key(id), body, putOptions()); err != nil {
		return b.wrap(ctx, "write object "+id.String(), err)
	}
	return nil
}

// putOptions make the server check what it receives, in one request.
func putOptions() minio.PutObjectOptions {
	return minio.PutObjectOptions{SendContentMd5: true, DisableMultipart: true}
}

func (b *Bucket) put(ctx context.Context, key string, data []byte, o minio.PutObjectOptions) error {
	_, err := b.client.PutObject(ctx, b.address.Bucket, key, bytes.NewReader(data), int64(len(data)), o)
	return err
}

// Begin implements passive.Bodies.
func (b *Bucket) Begin(ctx context.Context) (passive.BodyBatch, error) {
	return passive.OneByOne(b), ctx.Err()
}

// Delete implements passive.Bodies.
func (b *Bucket) Delete(ctx context.Context, id chunkstore.ID) error {
	err := b.client.RemoveObject(ctx, b.address.Bucket, b.key(id), minio.RemoveObjectOptions{})
	if err != nil && !absent(err) {
		return b.wrap(ctx, "delete object "+id.String(), err)
	}
	return nil
}
