// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/git-devops/git-devops/plumbing/spool"
)

var validIdentity = regexp.MustCompile(`^[0-9a-f]{32}\n$`)

// Identity returns what tells this repository from every other, whatever it is
// called: 32 hexadecimal digits, drawn at random when it is first asked for.
// Who counts copies counts each repository once. Without create it returns ""
// for a repository that has none yet, and writes nothing.
func (s *Store) Identity(create bool) (string, error) {
	path := filepath.Join(s.private, "id")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !create {
			return "", nil
		}
		if err = s.drawIdentity(path); err == nil {
			data, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return "", fmt.Errorf("identity of the repository: %w", err)
	}
	if !validIdentity.Match(data) {
		return "", fmt.Errorf("identity of the repository: %s is damaged; without it a new one is drawn", path)
	}
	return string(data[:len(data)-1]), nil
}

// drawIdentity makes a durable file at path, whole or not at all, unless
// another process is faster.
func (s *Store) drawIdentity(path string) error {
	if err := os.MkdirAll(s.spool, 0o777); err != nil {
		return err
	}
	f, err := spool.Create(s.spool, 0o444)
	if err != nil {
		return err
	}
	defer spool.Drop(f)
	var id [16]byte
	rand.Read(id[:])
	if _, err := f.WriteString(hex.EncodeToString(id[:]) + "\n"); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	dir, err := os.Open(s.private)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
