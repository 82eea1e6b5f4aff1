// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"unicode"
)

var (
	// ErrPrivateKey says that a key is the private half.
	ErrPrivateKey = errors.New("that is a private key, which never leaves its machine; the public one ends in .pub")
	// ErrNotKey says that something is not a public key of OpenSSH.
	ErrNotKey = errors.New("not a public key of OpenSSH")
	// ErrCommandLine says that authorized_keys cannot hold a command.
	ErrCommandLine = errors.New("authorized_keys cannot hold a command with control characters")
)

// ParseKey takes the text of a .pub file for one public key and returns it as
// authorized_keys wants it, on one line with its comment. The errors are
// ErrPrivateKey and ErrNotKey.
func ParseKey(text string) (string, error) {
	if strings.Contains(text, "PRIVATE KEY-----") {
		return "", ErrPrivateKey
	}
	key := strings.TrimSpace(text)
	kind, rest, _ := strings.Cut(key, " ")
	blob, _, _ := strings.Cut(rest, " ")
	data, err := base64.StdEncoding.DecodeString(blob)
	if err != nil || strings.ContainsFunc(key, unicode.IsControl) || !namesKind(data, kind) {
		return "", ErrNotKey
	}
	return key, nil
}

// namesKind says whether a key begins with what it is said to be. Certificates
// are not for authorized_keys.
func namesKind(data []byte, kind string) bool {
	if len(data) < 4 || kind == "" || strings.Contains(kind, "-cert-") {
		return false
	}
	n := int64(binary.BigEndian.Uint32(data))
	return n == int64(len(kind)) && int64(len(data)) > 4+n && string(data[4:4+n]) == kind
}

// AuthorizedKey returns the line of authorized_keys that lets the owner of a
// key run this command and nothing else: no terminal, no forwarding.
func AuthorizedKey(key string, argv ...string) (string, error) {
	var words []string
	for _, arg := range argv {
		if strings.ContainsFunc(arg, unicode.IsControl) {
			return "", ErrCommandLine
		}
		if arg == "" || strings.Trim(arg, schemeChars+"/_=:@,") != "" {
			arg = Quote(arg)
		}
		words = append(words, arg)
	}
	// sshd takes a backslash for itself unless a quote follows.
	command := strings.ReplaceAll(strings.Join(words, " "), `"`, `\"`)
	return `command="` + command + `",restrict ` + key, nil
}
