// SPDX-License-Identifier: Apache-2.0

package sealed

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/dir"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/chunkstore/storetest"
)

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func sealedDir(t *testing.T, path string) *dir.Dir {
	t.Helper()
	d, err := dir.Create(path, passive.Mark{ID: passive.NewStoreID(), Sealed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func open(t *testing.T, d *dir.Dir, c passive.Codec) *passive.Store {
	t.Helper()
	s, err := passive.New(d, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type damaged struct {
	*passive.Store
	path string
}

// Corrupt damages the last piece of the age file, whose key is whole.
func (s damaged) Corrupt(t testing.TB, id chunkstore.ID) {
	name := id.String()
	path := filepath.Join(s.path, "objects", name[:2], name[2:]+".age")
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body[len(body)-1] ^= 1
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o444); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	id := identity(t)
	codec := New([]age.Recipient{id.Recipient(), identity(t).Recipient()}, []age.Identity{identity(t), id})
	storetest.Run(t, func(t *testing.T) chunkstore.Store {
		path := filepath.Join(t.TempDir(), "disk")
		return damaged{open(t, sealedDir(t, path), codec), path}
	})
	storetest.RunPassive(t, func(t *testing.T) *passive.Store {
		return open(t, sealedDir(t, filepath.Join(t.TempDir(), "disk")), codec)
	})
}

// TestNothingIsLegible: no file of the store has a piece of the content.
func TestNothingIsLegible(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk")
	id := identity(t)
	s := open(t, sealedDir(t, path), New([]age.Recipient{id.Recipient()}, nil))
	secret := []byte("correct horse battery staple")
	if err := s.Put(t.Context(), chunkstore.BlobID(secret), secret); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(path, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		if bytes.Contains(data, secret[:7]) {
			t.Errorf("%s has it in the clear", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestKeysThatAreNotThere(t *testing.T) {
	d := sealedDir(t, filepath.Join(t.TempDir(), "disk"))
	id := identity(t)
	content := []byte("content")
	chunk := chunkstore.BlobID(content)
	writer := open(t, d, New([]age.Recipient{id.Recipient()}, nil))
	if err := writer.Put(t.Context(), chunk, content); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Get(t.Context(), chunk); !errors.Is(err, passive.ErrKey) {
		t.Errorf("Get without an identity: %v", err)
	}
	reader := open(t, d, New(nil, []age.Identity{id}))
	if got, err := reader.Get(t.Context(), chunk); err != nil || !bytes.Equal(got, content) {
		t.Errorf("Get with the identity: %q, %v", got, err)
	}
	other := []byte("other")
	if err := reader.Put(t.Context(), chunkstore.BlobID(other), other); !errors.Is(err, passive.ErrKey) {
		t.Errorf("Put without a recipient: %v", err)
	}
	if ok, err := reader.Has(t.Context(), chunkstore.BlobID(other)); ok || err != nil {
		t.Errorf("after a Put without a recipient: %v, %v", ok, err)
	}
	stranger := open(t, d, New(nil, []age.Identity{identity(t)}))
	if _, err := stranger.Get(t.Context(), chunk); !errors.Is(err, passive.ErrKey) {
		t.Errorf("Get with another identity: %v", err)
	}
}

// TestPlainBodyIsRefused: who can write to a sealed store cannot have a body
// taken that is in the clear.
func TestPlainBodyIsRefused(t *testing.T) {
	d := sealedDir(t, filepath.Join(t.TempDir(), "disk"))
	id := identity(t)
	s := open(t, d, New([]age.Recipient{id.Recipient()}, []age.Identity{id}))
	content := []byte("content")
	body, err := passive.Plain{}.Encode(content)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), chunkstore.BlobID(content), body); err != nil {
		t.Fatal(err)
	}
	var corrupt *chunkstore.CorruptError
	if _, err := s.Get(t.Context(), chunkstore.BlobID(content)); !errors.As(err, &corrupt) {
		t.Errorf("Get: %v", err)
	}
}

func TestSSHKeys(t *testing.T) {
	for _, kind := range []string{"ed25519", "rsa"} {
		key := filepath.Join(t.TempDir(), "key")
		out, err := exec.Command("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key).CombinedOutput()
		if err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
		public, err := os.ReadFile(key + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		recipients, err := ParseRecipients([]string{strings.TrimSpace(string(public))})
		if err != nil {
			t.Fatal(err)
		}
		secret, err := os.ReadFile(key)
		if err != nil {
			t.Fatal(err)
		}
		identities, err := ParseIdentities(secret)
		if err != nil {
			t.Fatal(err)
		}
		c := New(recipients, identities)
		body, err := c.Encode([]byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Decode(body); err != nil || string(got) != "content" {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
}

func TestKeysRefused(t *testing.T) {
	secret := identity(t).String()
	for _, s := range []string{"", "x", "age1", "age1pq1x", "ssh-ed25519", "ssh-dss AAAA", secret, "age1xyz\nage1xyz"} {
		if r, err := ParseRecipient(s); err == nil {
			t.Errorf("recipient %q: %v", s, r)
		} else if strings.Contains(err.Error(), secret) {
			t.Error("a secret key is repeated")
		}
	}
	for _, s := range []string{"", "# nothing", "AGE-SECRET-KEY-1", "-----BEGIN OPENSSH PRIVATE KEY-----\nx"} {
		if _, err := ParseIdentities([]byte(s)); err == nil {
			t.Errorf("identities %q: no error", s)
		}
	}
	key := filepath.Join(t.TempDir(), "key")
	out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", key).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	file, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseIdentities(file); err == nil || !strings.Contains(err.Error(), "passphrase") {
		t.Errorf("a key with a passphrase: %v", err)
	}
}
