// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/chunkstore/s3"
	"github.com/git-devops/git-devops/plumbing/git"
)

const (
	prefix    = "devops.store."
	dirScheme = "dir:"
	// IdentityKey is the config key that names files with identities.
	IdentityKey = "devops.identity"
)

// ErrUnknown says that there is no store with a name.
var ErrUnknown = errors.New("no such store")

// Config is what the configuration says of a store.
type Config struct {
	Name       string
	URL        string          // dir:/path or s3:https://host/bucket/prefix
	ID         passive.StoreID // zero in one that was never added
	Recipients []string        // age or ssh public keys; none: not sealed
}

var nameRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// CheckName refuses what cannot be the name of a store.
func CheckName(name string) error {
	if !nameRE.MatchString(name) {
		return fmt.Errorf("'%s' is not a name for a store: expected up to 63 letters, digits, '.', '_' and '-', the first a letter or digit", name)
	}
	return nil
}

// CheckURL refuses what cannot be the URL of a store.
func CheckURL(url string) error {
	if path, ok := strings.CutPrefix(url, dirScheme); ok {
		switch {
		case !filepath.IsAbs(path):
			return fmt.Errorf("'%s': the path of a store is absolute", url)
		case strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return errors.New("the path of a store has no control characters")
		}
		return nil
	}
	if strings.HasPrefix(url, s3.Scheme) {
		_, err := s3.Parse(url)
		return err
	}
	return errors.New("the URL of a store is dir:<path> or s3:https://<host>/<bucket>[/<prefix>]")
}

// List returns the stores that are configured, sorted by name.
func (s *Stores) List(ctx context.Context) ([]Config, error) {
	found := map[string]*Config{}
	err := s.git.Stream(ctx, nil, []string{"config", "-z", "--get-regexp", `^devops\.store\.`}, func(record []byte) error {
		key, value, _ := strings.Cut(string(record), "\n")
		rest := strings.TrimPrefix(key, prefix)
		dot := strings.LastIndexByte(rest, '.')
		if dot < 0 || CheckName(rest[:dot]) != nil {
			return nil // not a store's
		}
		name := rest[:dot]
		if found[name] == nil {
			found[name] = &Config{Name: name}
		}
		return found[name].set(rest[dot+1:], value)
	})
	if err != nil && git.ExitCode(err) != 1 { // 1: there are none
		return nil, err
	}
	var list []Config
	for _, c := range found {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Config) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (c *Config) set(key, value string) (err error) {
	switch key {
	case "url":
		c.URL = value
	case "id":
		if c.ID, err = passive.ParseStoreID(value); err != nil {
			return fmt.Errorf("%s%s.id: %w", prefix, c.Name, err)
		}
	case "recipient":
		c.Recipients = append(c.Recipients, value)
	}
	return nil
}

// Config returns the configuration of one store, or an error that matches
// ErrUnknown.
func (s *Stores) Config(ctx context.Context, name string) (Config, error) {
	list, err := s.List(ctx)
	if err != nil {
		return Config{}, err
	}
	for _, c := range list {
		if c.Name == name {
			return c, nil
		}
	}
	return Config{}, fmt.Errorf("%w: '%s'", ErrUnknown, name)
}

// write replaces what the configuration says of a store, durably.
func (s *Stores) write(ctx context.Context, c Config) error {
	key := prefix + c.Name
	return s.repo.EditConfig(ctx, func(file string) error {
		err := errors.Join(
			s.git.ConfigSet(ctx, file, key+".url", c.URL),
			s.git.ConfigSet(ctx, file, key+".id", c.ID.String()),
			s.git.ConfigUnset(ctx, file, key+".recipient"))
		for _, r := range c.Recipients {
			if err == nil {
				_, err = s.git.Run(ctx, nil, "config", "--file", file, "--add", key+".recipient", r)
			}
		}
		return err
	})
}

// Remove takes a store out of the configuration, and forgets what it has. The
// store itself is left alone.
func (s *Stores) Remove(ctx context.Context, name string) error {
	if _, err := s.Config(ctx, name); err != nil {
		return err
	}
	err := s.repo.EditConfig(ctx, func(file string) error {
		_, err := s.git.Run(ctx, nil, "config", "--file", file, "--remove-section", strings.TrimSuffix(prefix, ".")+"."+name)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove store '%s': %w", name, err)
	}
	return s.forget(name)
}
