// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                           nil,
		"  ":                         nil,
		"git-devops serve":           {"git-devops", "serve"},
		" a\tb ":                     {"a", "b"},
		"git-upload-pack '/a b'":     {"git-upload-pack", "/a b"},
		`git-upload-pack '/it'\''s'`: {"git-upload-pack", "/it's"},
		`'a'\!'b'`:                   {"a!b"},
		`"a b"c'd'\ e`:               {"a bcd e"},
		`"\$\"\\\x"`:                 {`$"\\x`},
		"''":                         {""},
		`'$(id);&|'`:                 {"$(id);&|"},
		"'a\nb'":                     {"a\nb"},
	} {
		got, err := splitWords(in)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %s%v", in, diff, err)
		}
	}
	for _, in := range []string{
		"a;b", "a&b", "a|b", "a\nb", "$a", "a`b`", "a>b", "a<b", "(a)", "*", "a?", "[a]", "~", "a#b", "{a}",
		"'a", `"a`, `a\`, "a\\\nb", `"$a"`, "\"`a`\"", `"\`, "a\x00", "a=b", "\x7f",
	} {
		if got, err := splitWords(in); err == nil {
			t.Errorf("%q is taken for %q", in, got)
		}
	}
}

// FuzzSplitWords compares with a shell.
func FuzzSplitWords(f *testing.F) {
	for _, s := range []string{`a 'b c' "d\"e" f\ g`, `'it'\''s'`, "\t \"\" ''", `"\a\$"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, err := splitWords(s)
		if err != nil || strings.ContainsRune(s, 0) {
			return
		}
		out, err := exec.Command("sh", "-c", `printf '%s\0' `+s).Output()
		want := strings.Join(words, "\x00") + "\x00"
		if string(out) != want || err != nil {
			t.Fatalf("%q: %q, the shell has %q, %v", s, want, out, err)
		}
	})
}

func TestAllow(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"home", "work tree/.git", "bare.git", "work tree/sub"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"home/link": dir + "/work tree", "other": dir} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tree := grant{path: dir + "/work tree"}
	wire, upload := request{}, request{uploadPack: true}
	for asked, want := range map[string]request{
		"git-devops serve":                             wire,
		"git-devops serve --read-only":                 {readOnly: true},
		"git-devops serve 'DIR/work tree'":             wire,
		"git-devops serve --read-only 'DIR/work tree'": {readOnly: true},
		"gdo serve":                    wire,
		"git devops serve --read-only": {readOnly: true},
		"/usr/local/bin/git-devops serve 'DIR/work tree'": wire,
		"'/opt/a b/gdo' serve":                            wire,
		"/usr/bin/git devops serve":                       wire,
		"git-upload-pack 'DIR/work tree'":                 upload,
		"git upload-pack DIR/work\\ tree/":                upload,
		"git-upload-pack 'DIR/work tree/.git'":            upload,
		"git-upload-pack 'DIR/./home/../work tree//'":     upload,
		"git-upload-pack '../work tree'":                  upload,
		"git-upload-pack link":                            upload,
		"git-upload-pack 'DIR/other/work tree'":           upload,
	} {
		got, err := tree.allow(strings.ReplaceAll(asked, "DIR", dir), dir+"/home")
		if got != want || err != nil {
			t.Errorf("%s: %+v, %v", asked, got, err)
		}
	}
	for _, asked := range []string{
		"sh", "ls", "git", "git-devops", "git-devops sync", "git devops", "git devops sync", "git-devops-serve", "gdo", "gdo sync", "gdo devops serve",
		"bin/gdo serve", "./git-devops serve", "/usr/bin/git-devops/ serve", "/usr/bin/ serve", "/ serve", "/usr/bin/sh serve", "/bin/git serve",
		"/usr/bin/git -C / devops serve", "git -c a.b=c devops serve", "/usr/bin/git-upload-pack 'DIR/work tree'",
		"/usr/bin/git upload-pack 'DIR/work tree'",
		"git-receive-pack 'DIR/work tree'", "git receive-pack 'DIR/work tree'", "git-upload-archive 'DIR/work tree'",
		"git-upload-pack", "git-upload-pack ''", "git-upload-pack 'DIR/work tree' x", "git-upload-pack --strict 'DIR/work tree'",
		"git-upload-pack -- 'DIR/work tree'", "git -C / upload-pack 'DIR/work tree'", "git -c a.b=c upload-pack 'DIR/work tree'",
		"git-upload-pack 'DIR/bare.git'", "git-upload-pack DIR", "git-upload-pack 'DIR/work tree/sub'", "git-upload-pack 'work tree'",
		"git-upload-pack '~/link'", "git-upload-pack 'DIR/nothing'", "git-upload-pack 'DIR/work tree'; id", "git-upload-pack $HOME",
		"git-devops serve --read-only=false", "git-devops serve --read-only --read-only", "git-devops serve -C / 'DIR/work tree'",
		"git-devops serve 'DIR/work tree' 'DIR/work tree'", "git-devops serve ''", "git-devops serve 'DIR/bare.git'",
		"git-devops serve --json", "env git-devops serve", "git-devops serve\nid",
		"git-upload-pack '" + strings.Repeat("/", maxOriginal) + "'",
	} {
		got, err := tree.allow(strings.ReplaceAll(asked, "DIR", dir), dir+"/home")
		if err == nil || !strings.HasPrefix(err.Error(), "refused: ") || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%s: %+v, %v", asked, got, err)
		}
	}
	readOnly := grant{path: dir + "/bare.git", readOnly: true}
	for _, asked := range []string{"git-devops serve", "git-devops serve --read-only", "git-devops serve DIR/bare.git"} {
		got, err := readOnly.allow(strings.ReplaceAll(asked, "DIR", dir), "")
		if !got.readOnly || err != nil {
			t.Errorf("%s: %+v, %v", asked, got, err)
		}
	}
	if _, err := readOnly.allow("git-upload-pack bare.git", ""); err == nil {
		t.Error("a relative path without HOME is allowed")
	}
}

func TestUploadEnvironment(t *testing.T) {
	for _, protocol := range []string{"version=2", "version=1"} {
		got := uploadEnvironment([]string{"HOME=/root", "GIT_DIR=/x", "GIT_CONFIG_COUNT=1", "GIT_PROTOCOL=" + protocol, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/x"})
		want := []string{"HOME=/root", "GIT_PROTOCOL=" + protocol, "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, protocol := range []string{"", "version=", "version=2:x", "version=2\n", "x"} {
		if got := uploadEnvironment([]string{"GIT_PROTOCOL=" + protocol}); len(got) != 1 {
			t.Error(got)
		}
	}
}
