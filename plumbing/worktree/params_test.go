// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestParams(t *testing.T) {
	def := chunkstore.DefaultParams()
	small := chunkstore.Params{Polynomial: def.Polynomial, Min: 64 << 10, Max: 256 << 10, AverageBits: 16}
	other := def
	other.Polynomial = 0x2482734cacca49
	max1g := def
	max1g.Max = 64 << 20
	tests := []struct {
		name, config string
		want         chunkstore.Params
		err          string // that its text contains
	}{
		{"empty", "", def, ""},
		{"remarks", "# nothing\n[chunker]\n; nothing\n", def, ""},
		{"small", smallConfig, small, ""},
		{"case does not matter", strings.ToUpper(smallConfig), small, ""},
		{"bytes", "[chunker]\nmin=65536\nmax = 262144\naverageBits = 16\n", small, ""},
		{"the last counts", "[chunker]\nmin = 1k\nmin = 64K\nmax = 256k\naverageBits = 16\n", small, ""},
		{"mebibytes", "[chunker]\nmax = 64m\n", max1g, ""},
		{"polynomial", "[chunker]\npolynomial = 2482734cacca49\n", other, ""},
		{"unknown key", "[chunker]\nminimum = 1\n", def, `unknown key "chunker.minimum"`},
		{"unknown section", "[core]\nsshCommand = evil\n", def, `unknown key "core.sshcommand"`},
		{"subsection", "[chunker \"x\"]\nmin = 64k\n", def, `unknown key "chunker.x.min"`},
		{"no value", "[chunker]\nmin\n", def, `"chunker.min"`},
		{"empty value", "[chunker]\nmin =\n", def, `"chunker.min"`},
		{"no number", "[chunker]\nmin = many\n", def, `"chunker.min" has a bad value "many"`},
		{"suffix alone", "[chunker]\nmin = k\n", def, "bad value"},
		{"fraction", "[chunker]\nmax = 1.5m\n", def, "bad value"},
		{"negative", "[chunker]\nmin = -64k\n", def, ""},
		{"far too large", "[chunker]\nmax = 99999999999999999999\n", def, "bad value"},
		{"overflows", "[chunker]\nmax = 17179869185g\n", def, "bad value"},
		{"wraps", "[chunker]\nmin = 2147483647g\n", def, ""},
		{"min above max", "[chunker]\nmin = 9m\n", def, ""},
		{"below the limits", "[chunker]\nmin = 1k\n", def, ""},
		{"above the limits", "[chunker]\nmax = 65m\n", def, ""},
		{"bits", "[chunker]\naverageBits = 60\n", def, ""},
		{"bits with a suffix", "[chunker]\naverageBits = 1k\n", def, "bad value"},
		{"reducible", "[chunker]\npolynomial = 3da3358b4dc172\n", def, ""},
		{"polynomial with 0x", "[chunker]\npolynomial = 0x3da3358b4dc173\n", def, "bad value"},
		{"an include", "[include]\npath = /etc/passwd\n", def, "unknown key"},
		{"no config at all", "[chunker\n", def, "bad config"},
	}
	bad := map[string]bool{"negative": true, "wraps": true, "min above max": true, "below the limits": true, "above the limits": true, "bits": true, "reducible": true}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := newDir(t)
			write(t, filepath.Join(dir, ConfigFile), []byte(tt.config))
			w, err := openAt(dir)
			if err != nil {
				if tt.err == "" && !bad[tt.name] || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), ConfigFile) {
					t.Errorf("%v, want %q", err, tt.err)
				}
				return
			}
			defer w.Close()
			if tt.err != "" || bad[tt.name] {
				t.Errorf("no error, but %+v", w.Params)
			} else if diff := cmp.Diff(tt.want, w.Params); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestParamsElsewhere: those of the work tree count wherever in it one is.
func TestParamsElsewhere(t *testing.T) {
	dir := newDir(t)
	if w := open(t, dir); w.Params != chunkstore.DefaultParams() {
		t.Errorf("no file: %+v", w.Params)
	}
	write(t, filepath.Join(dir, ConfigFile), []byte(smallConfig))
	sub := filepath.Join(dir, "a", "b")
	must(t, os.MkdirAll(sub, 0o777))
	if w := open(t, sub); w.Params.Min != 64<<10 {
		t.Errorf("in a directory: %+v", w.Params)
	}
}

// TestHost: the control files of a host are those of HEAD, and a large file is
// what has a manifest; what lies on the root says nothing.
func TestHost(t *testing.T) {
	dir := newDir(t)
	put(t, dir, ".devops/config", smallConfig)
	put(t, dir, "big", "git-devops manifest 1\nbroken\n")
	runGit(t, dir, "add", ".")
	runGit(t, dir, "commit", "-q", "-m", "one")
	runGit(t, dir, "config", "devops.root", dir)
	must(t, os.RemoveAll(filepath.Join(dir, ".devops")))
	w := open(t, dir)
	if !w.Host || w.Params.Min != 64<<10 {
		t.Errorf("host %v, chunks from %d bytes", w.Host, w.Params.Min)
	}
	put(t, dir, ".devops/config", "[chunker]\nmin = nonsense\n")
	for _, tree := range []string{"", "HEAD"} {
		need := NewNeed()
		must(t, open(t, dir).AddTree(t.Context(), need, tree, nil))
		if need.Unreadable["big"] == nil {
			t.Errorf("%q: the manifest was not found", tree)
		}
	}
}

func put(t *testing.T, dir, path, content string) {
	t.Helper()
	full := filepath.Join(dir, path)
	must(t, os.MkdirAll(filepath.Dir(full), 0o777))
	must(t, os.WriteFile(full, []byte(content), 0o666))
}
