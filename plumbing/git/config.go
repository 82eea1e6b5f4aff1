// SPDX-License-Identifier: Apache-2.0

package git

import (
	"context"
	"errors"
	"strings"
)

// Exit codes of git config.
const (
	exitConfigAbsent   = 1
	exitConfigNotUnset = 5
)

// ConfigGet returns the value of a key from all of git's sources, those on its
// command line (GIT_CONFIG_PARAMETERS) included.
func (r Runner) ConfigGet(ctx context.Context, key string) (value string, ok bool, err error) {
	return r.configGet(ctx, "config", "-z", "--get", key)
}

// ConfigGetLocal returns the value of a key in the repository's own
// configuration.
func (r Runner) ConfigGetLocal(ctx context.Context, key string) (value string, ok bool, err error) {
	return r.configGet(ctx, "config", "-z", "--local", "--get", key)
}

func (r Runner) configGet(ctx context.Context, args ...string) (value string, ok bool, err error) {
	out, err := r.Run(ctx, nil, args...)
	// A key that cannot be has the same code, but git says why.
	if e := (*Error)(nil); errors.As(err, &e) && e.ExitCode == exitConfigAbsent && e.Stderr == "" {
		return "", false, nil
	}
	return strings.TrimSuffix(string(out), "\x00"), err == nil, err
}

// ConfigCommand returns what was given on git's command line with -c, or in
// the GIT_CONFIG_ variables, the last value of each key.
func (r Runner) ConfigCommand(ctx context.Context) (map[string]string, error) {
	values := map[string]string{}
	scope := ""
	err := r.Stream(ctx, nil, []string{"config", "-z", "--show-scope", "--list"}, func(record []byte) error {
		if scope == "" {
			scope = string(record)
			return nil
		}
		key, value, given := strings.Cut(string(record), "\n")
		if !given {
			value = "true" // git -c key
		}
		if scope == "command" {
			values[key] = value
		}
		scope = ""
		return nil
	})
	return values, err
}

// ConfigSet sets a key in a configuration file, in place of all the values that
// it has there.
func (r Runner) ConfigSet(ctx context.Context, file, key, value string) error {
	_, err := r.Run(ctx, nil, "config", "--file", file, "--replace-all", key, value)
	return err
}

// ConfigUnset takes all values of a key out of a configuration file, where it
// may be absent.
func (r Runner) ConfigUnset(ctx context.Context, file, key string) error {
	_, err := r.Run(ctx, nil, "config", "--file", file, "--unset-all", key)
	if ExitCode(err) == exitConfigNotUnset {
		return nil
	}
	return err
}
