// SPDX-License-Identifier: Apache-2.0

package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"
)

// ParseRecipient reads a public key as age prints it ("age1…") or ssh
// ("ssh-ed25519 …", "ssh-rsa …").
func ParseRecipient(s string) (age.Recipient, error) {
	switch {
	case strings.ContainsAny(s, "\n\r\x00"):
		return nil, errors.New("a recipient is one line")
	case strings.HasPrefix(s, "AGE-SECRET-KEY-"):
		// Not repeated: it would be on the screen and in logs.
		return nil, errors.New("this is a secret key; a recipient is the public one, which begins with 'age1'")
	case strings.HasPrefix(s, "ssh-"):
		r, err := agessh.ParseRecipient(s)
		if err != nil {
			return nil, fmt.Errorf("recipient '%s': %w", s, err)
		}
		return r, nil
	case strings.HasPrefix(s, "age1pq1"):
		return wrap[*age.HybridRecipient](s)(age.ParseHybridRecipient(s))
	case strings.HasPrefix(s, "age1"):
		return wrap[*age.X25519Recipient](s)(age.ParseX25519Recipient(s))
	}
	return nil, fmt.Errorf("recipient '%s': expected a key that begins with 'age1', 'ssh-ed25519' or 'ssh-rsa'", s)
}

func wrap[R age.Recipient](s string) func(R, error) (age.Recipient, error) {
	return func(r R, err error) (age.Recipient, error) {
		if err != nil {
			return nil, fmt.Errorf("recipient '%s': %w", s, err)
		}
		return r, nil
	}
}

// ParseRecipients reads recipients.
func ParseRecipients(keys []string) ([]age.Recipient, error) {
	var recipients []age.Recipient
	for _, key := range keys {
		r, err := ParseRecipient(key)
		if err != nil {
			return nil, err
		}
		recipients = append(recipients, r)
	}
	return recipients, nil
}

// ParseIdentities reads the secret keys of a file: age's, one a line, or one of
// ssh. A key with a passphrase is refused, because there is nobody to ask. No
// error repeats any of the file.
func ParseIdentities(file []byte) ([]age.Identity, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(file), []byte("-----BEGIN ")) {
		ids, err := age.ParseIdentities(bytes.NewReader(file))
		if err != nil {
			return nil, errors.New("it is no file of age identities, and no ssh key")
		}
		return ids, nil
	}
	id, err := agessh.ParseIdentity(file)
	if _, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok {
		return nil, errors.New("the ssh key has a passphrase; use one without, or an age identity (age-keygen)")
	}
	if err != nil {
		return nil, fmt.Errorf("read ssh key: %w", err)
	}
	return []age.Identity{id}, nil
}
