// SPDX-License-Identifier: Apache-2.0

// Package sealed encrypts the bodies of a passive store to age recipients, and
// decrypts them with identities. Its invariant: what it encodes can be read by
// the recipients alone, and without a recipient it encodes nothing.
//
// Names of chunks are not encrypted; ../passive/FORMAT.md says what that and
// the rest tell to who can read the store.
package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/git-devops/git-devops/chunkstore/passive"
)

// A Codec seals and opens bodies; it implements passive.Codec.
type Codec struct {
	recipients []age.Recipient
	identities []age.Identity
}

var _ passive.Codec = (*Codec)(nil)

// New returns a codec that seals for all of the recipients and opens with any
// of the identities. Without recipients it only opens, without identities it
// only seals.
func New(recipients []age.Recipient, identities []age.Identity) *Codec {
	return &Codec{recipients, identities}
}

// Sealed implements passive.Codec.
func (*Codec) Sealed() bool { return true }

// Encode implements passive.Codec. Without recipients its error matches
// passive.ErrKey.
func (c *Codec) Encode(content []byte) ([]byte, error) {
	if len(c.recipients) == 0 {
		return nil, fmt.Errorf("%w: no recipient is configured for a store that is sealed", passive.ErrKey)
	}
	plain, err := passive.Plain{}.Encode(content)
	if err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(make([]byte, 0, len(plain)+len(plain)/2048+4096))
	w, err := age.Encrypt(out, c.recipients...)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out.Bytes(), nil
}

// Decode implements passive.Codec.
func (c *Codec) Decode(body []byte) ([]byte, error) {
	if len(c.identities) == 0 {
		return nil, fmt.Errorf("%w: no identity is configured", passive.ErrKey)
	}
	in := bytes.NewReader(body)
	r, err := age.Decrypt(in, c.identities...)
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return nil, fmt.Errorf("%w: no identity that is configured opens it", passive.ErrKey)
	}
	if err != nil {
		return nil, err
	}
	plain := bytes.NewBuffer(make([]byte, 0, len(body)))
	if _, err := io.Copy(plain, r); err != nil {
		return nil, err
	}
	return passive.Plain{}.Decode(plain.Bytes())
}
