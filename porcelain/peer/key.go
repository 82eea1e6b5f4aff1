// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/git-devops/git-devops/plumbing/peers"
	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// maxKey bounds what is read of a file for a public key, in bytes.
const maxKey = 64 << 10

// key prints the line that lets the owner of each key reach this repository.
func (v *verb) key(files []string, readOnly bool) error {
	if len(files) == 0 {
		found, err := v.ownKeys()
		if err != nil {
			return err
		}
		files = found
	}
	argv := []string{peers.DefaultServe, "serve"}
	if readOnly {
		argv = append(argv, "--read-only")
	}
	argv = append(argv, cmp.Or(v.w.Repo.WorkTree(), v.w.Repo.GitDir()))
	for _, file := range files {
		text, err := v.readKey(file)
		if err != nil {
			return err
		}
		key, err := ssh.ParseKey(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		line, err := ssh.AuthorizedKey(key, argv...)
		if err != nil {
			return fmt.Errorf("%s: %w", argv[len(argv)-1], err)
		}
		v.g.UI.Print(authorized{ui.Path(file), line})
	}
	return nil
}

// ownKeys are the public keys of this machine's user.
func (v *verb) ownKeys() ([]string, error) {
	all, err := filepath.Glob(filepath.Join(v.sshDir(), "*.pub"))
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, path := range all {
		if !strings.HasSuffix(path, "-cert.pub") {
			keys = append(keys, path)
		}
	}
	if len(keys) == 0 {
		return nil, errNoKey{errors.New("there is no public key in ~/.ssh")}
	}
	return keys, nil
}

// errNoKey says that there is no key to begin with.
type errNoKey struct{ error }

// Hint says where keys come from.
func (errNoKey) Hint() string {
	return "'ssh-keygen -t ed25519' makes one; --key=<file> names that of another machine"
}

func (v *verb) readKey(file string) (string, error) {
	in := v.g.Env.Stdin
	if file != "-" {
		f, err := os.Open(v.g.Path(file))
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxKey))
	return string(text), err
}

type authorized struct {
	File ui.Path `json:"file"`
	Line string  `json:"line"`
}

// Type implements ui.Record.
func (authorized) Type() string { return "key" }

// Text implements ui.Record.
func (a authorized) Text(*ui.UI) string { return a.Line }
