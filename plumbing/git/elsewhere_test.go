// SPDX-License-Identifier: Apache-2.0

package git

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAtAnotherRepository(t *testing.T) {
	one, two := newRepo(t), newRepo(t)
	one = one.With("GIT_DIR="+filepath.Join(one.Dir, ".git"), "GIT_WORK_TREE="+one.Dir,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=kept")
	there := filepath.Join(two.Dir, ".git")
	got := one.At(there)
	for args, want := range map[string]string{
		"rev-parse --absolute-git-dir": there,
		"config a.b":                   "kept",
	} {
		out, err := got.Run(t.Context(), nil, strings.Fields(args)...)
		if string(out) != want+"\n" || err != nil {
			t.Errorf("%s: %q %v", args, out, err)
		}
	}
	if out, err := one.Run(t.Context(), nil, "rev-parse", "--absolute-git-dir"); strings.HasPrefix(string(out), two.Dir) || err != nil {
		t.Errorf("the runner itself: %q %v", out, err)
	}
}

func TestLines(t *testing.T) {
	r := newRepo(t)
	var got []string
	err := r.Lines(t.Context(), strings.NewReader("a\n\nb"), []string{"stripspace"}, func(line []byte) error {
		got = append(got, string(line))
		return nil
	})
	if diff := cmp.Diff([]string{"a", "", "b"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestStderr(t *testing.T) {
	r := newRepo(t)
	var said bytes.Buffer
	r.Stderr = &said
	_, err := r.Run(t.Context(), nil, "rev-parse", "--verify", "absent")
	if e := err.(*Error); said.String() != e.Stderr+"\n" {
		t.Errorf("heard %q, want %q", said.String(), e.Stderr)
	}
}
