// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A worktree is a repository whose files all pass through the toy.
type worktree struct {
	t    *testing.T
	dir  string
	log  string
	mode string
}

func newWorktree(t *testing.T, mode string, required bool) *worktree {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &worktree{t, t.TempDir(), filepath.Join(t.TempDir(), "log"), mode}
	w.git("init", "-q", ".")
	w.git("config", "filter.toy.process", "'"+self+"'")
	w.git("config", "filter.toy.required", fmt.Sprint(required))
	w.git("config", "user.name", "A U Thor")
	w.git("config", "user.email", "author@example.org")
	w.write(".git/info/attributes", []byte("* filter=toy -text\n"))
	return w
}

func (w *worktree) write(path string, content []byte) {
	w.t.Helper()
	path = filepath.Join(w.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		w.t.Fatal(err)
	}
}

func (w *worktree) tryGit(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), envProcess+"="+w.mode, envLog+"="+w.log,
		"HOME="+w.dir, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GORACE=atexit_sleep_ms=0") // or each process takes a second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("git %q: %w\n%s", args, err, stderr.Bytes())
	}
	return string(out), err
}

func (w *worktree) git(args ...string) string {
	w.t.Helper()
	out, err := w.tryGit(args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// takeLog returns what the filter processes noted and empties the log.
func (w *worktree) takeLog() string {
	w.t.Helper()
	log, err := os.ReadFile(w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	os.Remove(w.log)
	return string(log)
}

// files is content that the protocol or the toy treats specially.
func files() map[string][]byte {
	noise := make([]byte, 2<<20)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	return map[string][]byte{
		"hello":            []byte("Hello, World!\n"),
		"empty":            {},
		"with space":       []byte("space\n"),
		"new\nline\n":      []byte("newline\n"),
		"=a=b":             []byte("equal signs\n"),
		"\xff\xfe-no-utf8": []byte("bytes\n"),
		"d/e/f":            []byte("deep\n"),
		"packet":           noise[:65516],
		"packet+1":         noise[:65517],
		"pipe":             noise[:200_000],
		"large":            noise,
	}
}

func TestGitAddAndCheckout(t *testing.T) {
	for _, mode := range []string{"plain", "delay"} {
		t.Run(mode, func(t *testing.T) {
			w := newWorktree(t, mode, true)
			for path, content := range files() {
				w.write(path, content)
			}
			w.git("add", ".")
			if log := w.takeLog(); strings.Count(log, "clean") != len(files()) || !strings.HasSuffix(log, "end\n") {
				t.Errorf("git add: the filter noted\n%s", log)
			}
			w.git("commit", "-qm", "all")
			for path, content := range files() {
				if got := w.git("cat-file", "blob", ":"+path); got != string(rot13(bytes.Clone(content))) {
					t.Errorf("%q: %d bytes are stored wrong", path, len(got))
				}
				os.Remove(filepath.Join(w.dir, path))
			}
			w.git("checkout", "-q", "--", ".")
			for path, content := range files() {
				if got, err := os.ReadFile(filepath.Join(w.dir, path)); !bytes.Equal(got, content) {
					t.Errorf("%q: %d bytes are checked out wrong (%v)", path, len(got), err)
				}
			}
			log := w.takeLog()
			if strings.Count(log, "smudge") < len(files())-1 || !strings.HasSuffix(log, "end\n") {
				t.Errorf("git checkout: the filter noted\n%s", log)
			}
			if strings.Contains(log, "prefetch") != (mode == "delay") {
				t.Errorf("mode %s: the filter noted\n%s", mode, log)
			}
			if got := w.git("status", "--porcelain"); got != "" {
				t.Errorf("git status: %s", got)
			}
		})
	}
}

func TestGitAddFails(t *testing.T) {
	for _, content := range []string{"early", "late"} {
		for _, required := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, required %t", content, required), func(t *testing.T) {
				w := newWorktree(t, "plain", required)
				w.write("bad", []byte(content+" this fails\n"))
				w.write("good", []byte("fine\n"))
				_, err := w.tryGit("add", "bad", "good")
				if (err != nil) != required {
					t.Fatalf("git add: %v", err)
				}
				if log := w.takeLog(); !strings.Contains(log, `error "bad" the toy breaks`) || !strings.HasSuffix(log, "end\n") {
					t.Errorf("the filter noted\n%s", log)
				}
				if required {
					return
				}
				if got := w.git("cat-file", "blob", ":bad"); got != content+" this fails\n" {
					t.Errorf("bad is stored as %q", got)
				}
				if got := w.git("cat-file", "blob", ":good"); got != "svar\n" {
					t.Errorf("good is stored as %q", got)
				}
			})
		}
	}
}

func TestGitCheckoutFails(t *testing.T) {
	for _, mode := range []string{"plain", "delay"} {
		for _, required := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, required %t", mode, required), func(t *testing.T) {
				w := newWorktree(t, mode, required)
				late := "late" + strings.Repeat("x", 300_000)
				w.write("early", []byte("rneyl"))
				w.write("late", rot13([]byte(late)))
				w.write("good", []byte("fine\n"))
				w.git("add", ".")
				for _, path := range []string{"early", "late", "good"} {
					os.Remove(filepath.Join(w.dir, path))
				}
				w.takeLog()
				w.tryGit("checkout", "-q", "--", ".")
				if log := w.takeLog(); strings.Count(log, "error") < 1 || strings.Contains(log, "broken") {
					t.Errorf("the filter noted\n%s", log)
				}
				// Git stops at the first failure where the filter is required.
				// Otherwise what fails is checked out as stored, but if it was
				// delayed: git has forgotten it then.
				want := map[string]string{"good": "fine\n", "early": "early", "late": late}
				if required {
					clear(want)
				} else if mode == "delay" {
					want["early"], want["late"] = "", ""
				}
				for path, content := range want {
					if got, err := os.ReadFile(filepath.Join(w.dir, path)); err != nil || string(got) != content {
						t.Errorf("%s holds %d bytes, want %d (%v)", path, len(got), len(content), err)
					}
				}
				for _, path := range []string{"early", "late"} {
					if _, err := os.Lstat(filepath.Join(w.dir, path)); required && err == nil {
						t.Errorf("%s was checked out", path)
					}
				}
			})
		}
	}
}
