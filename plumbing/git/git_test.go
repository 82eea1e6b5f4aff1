// SPDX-License-Identifier: Apache-2.0

package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newRepo makes an empty repository that the person's configuration does not
// reach.
func newRepo(t *testing.T) Runner {
	t.Helper()
	r := Runner{Dir: t.TempDir(), Env: append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")}
	if err := r.Init(t.Context(), "."); err != nil {
		t.Fatal(err)
	}
	return r
}

func add(t *testing.T, r Runner, paths ...string) {
	t.Helper()
	for _, path := range paths {
		full := filepath.Join(r.Dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(path), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Run(t.Context(), nil, "add", "."); err != nil {
		t.Fatal(err)
	}
}

func TestErrorNamesTheVerb(t *testing.T) {
	_, err := Runner{Dir: t.TempDir()}.Run(t.Context(), nil, "-c", "a.b=c", "rev-parse", "HEAD")
	if err == nil || !strings.HasPrefix(err.Error(), "git rev-parse: ") {
		t.Errorf("got %v", err)
	}
}

func TestRun(t *testing.T) {
	r := newRepo(t)
	out, err := r.Run(t.Context(), strings.NewReader("content"), "hash-object", "--stdin")
	if want := "6b584e8ece562ebffc15d38808cd6b98fc3d97ea\n"; string(out) != want || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestRunFails(t *testing.T) {
	r := newRepo(t)
	_, err := r.Run(t.Context(), nil, "rev-parse", "--verify", "absent")
	var e *Error
	if !errors.As(err, &e) || e.ExitCode != 128 || e.Stderr != "fatal: Needed a single revision" {
		t.Fatalf("got %#v", err)
	}
	if want := "git rev-parse: Needed a single revision"; err.Error() != want {
		t.Errorf("got %q", err)
	}
	if ExitCode(fmt.Errorf("wrapped: %w", err)) != 128 || ExitCode(nil) != -1 {
		t.Error("exit code")
	}
	_, err = Runner{Dir: r.Dir, Env: []string{"PATH="}}.Run(t.Context(), nil, "no-such-verb")
	if err == nil {
		t.Error("an unknown verb succeeded")
	}
}

func TestRunCancelled(t *testing.T) {
	r := newRepo(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := r.Run(ctx, nil, "-c", "alias.wait=!exec sleep 60", "wait")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestStream(t *testing.T) {
	r := newRepo(t)
	add(t, r, "a", "new\nline", "\xff")
	var got []string
	err := r.Stream(t.Context(), nil, []string{"ls-files", "-z"}, func(record []byte) error {
		got = append(got, string(record))
		return nil
	})
	if diff := cmp.Diff([]string{"a", "new\nline", "\xff"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	stop := errors.New("enough")
	calls := 0
	err = r.Stream(t.Context(), nil, []string{"ls-files", "-z"}, func([]byte) error {
		calls++
		return stop
	})
	if err != stop || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
	err = r.Stream(t.Context(), nil, []string{"ls-files"}, func([]byte) error { return nil })
	if !errors.Is(err, errNoNUL) {
		t.Errorf("lines: %v", err)
	}
	err = r.Stream(t.Context(), nil, []string{"ls-files", "--no-such-option"}, func([]byte) error { return nil })
	if ExitCode(err) != 129 {
		t.Errorf("usage: %v", err)
	}
}

func TestLsFiles(t *testing.T) {
	r := newRepo(t)
	add(t, r, "a", "dir/b", "dir/c")
	cases := []struct {
		name            string
		args, pathspecs []string
		want            []string
	}{
		{"all", nil, nil, []string{"a", "dir/b", "dir/c"}},
		{"some", nil, []string{"dir"}, []string{"dir/b", "dir/c"}},
		{"like an option", nil, []string{"--others"}, nil},
		{"with an option", []string{"--others"}, nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			err := r.LsFiles(t.Context(), c.args, c.pathspecs, func(record string) error {
				got = append(got, record)
				return nil
			})
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func TestLsFilesManyPathspecs(t *testing.T) {
	r := newRepo(t)
	add(t, r, "first", "last")
	specs := []string{"first"}
	for i := range 40_000 {
		specs = append(specs, fmt.Sprintf("a path that is not there %050d", i))
	}
	specs = append(specs, "last")
	var got []string
	err := r.LsFiles(t.Context(), nil, specs, func(record string) error {
		got = append(got, record)
		return nil
	})
	if diff := cmp.Diff([]string{"first", "last"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestCheckAttr(t *testing.T) {
	r := newRepo(t)
	rules := "*.bin filter=devops -text\n*.txt text\n"
	if err := os.WriteFile(filepath.Join(r.Dir, ".gitattributes"), []byte(rules), 0o666); err != nil {
		t.Fatal(err)
	}
	check := func(paths ...string) ([][3]string, error) {
		var got [][3]string
		err := r.CheckAttr(t.Context(), []string{"filter", "text"}, slices.Values(paths), func(path, attr, value string) error {
			got = append(got, [3]string{path, attr, value})
			return nil
		})
		return got, err
	}
	got, err := check("a.bin", "new\nline.txt", "other")
	want := [][3]string{
		{"a.bin", "filter", "devops"}, {"a.bin", "text", "unset"},
		{"new\nline.txt", "filter", "unspecified"}, {"new\nline.txt", "text", "set"},
		{"other", "filter", "unspecified"}, {"other", "text", "unspecified"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := check("a\x00b"); err == nil {
		t.Error("a path with a NUL was accepted")
	}
	if _, err := check("../outside"); ExitCode(err) != 128 {
		t.Errorf("a path outside: %v", err)
	}
	if got, err := check(); got != nil || err != nil {
		t.Errorf("no paths: %v %v", got, err)
	}
}

func TestCheckAttrManyPaths(t *testing.T) {
	r := newRepo(t)
	paths := func(yield func(string) bool) {
		for i := range 20_000 {
			if !yield(fmt.Sprintf("some/path/%d", i)) {
				return
			}
		}
	}
	n := 0
	err := r.CheckAttr(t.Context(), []string{"filter"}, paths, func(path, _, _ string) error {
		if want := fmt.Sprintf("some/path/%d", n); path != want {
			return fmt.Errorf("got %s, want %s", path, want)
		}
		n++
		return nil
	})
	if n != 20_000 || err != nil {
		t.Errorf("%d paths, %v", n, err)
	}
	stop := errors.New("enough")
	err = r.CheckAttr(t.Context(), []string{"filter"}, paths, func(string, string, string) error { return stop })
	if err != stop {
		t.Errorf("got %v", err)
	}
}

func TestConfig(t *testing.T) {
	r := newRepo(t)
	ctx := t.Context()
	const key, value = "devops.example", "two\nlines "
	file := filepath.Join(r.Dir, ".git", "config")
	if _, ok, err := r.ConfigGet(ctx, key); ok || err != nil {
		t.Errorf("absent: %v %v", ok, err)
	}
	for range 2 {
		if err := r.ConfigSet(ctx, file, key, value); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok, err := r.ConfigGet(ctx, key); got != value || !ok || err != nil {
		t.Errorf("got %q %v %v", got, ok, err)
	}
	for range 2 {
		if err := r.ConfigUnset(ctx, file, key); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := r.ConfigGet(ctx, key); ok || err != nil {
		t.Errorf("after unset: %v %v", ok, err)
	}
	if _, _, err := r.ConfigGet(ctx, "nodot"); err == nil {
		t.Error("a key without a section was accepted")
	}
}

func TestTail(t *testing.T) {
	var all bytes.Buffer
	var end tail
	for i := range 50_000 {
		line := fmt.Sprintf("line %d\n", i)
		all.WriteString(line)
		if n, err := end.Write([]byte(line)); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	want := all.String()[all.Len()-maxStderr:]
	if got := end.String(); got != strings.TrimSpace(want) {
		t.Errorf("kept %d bytes that end in %q", len(got), got[max(0, len(got)-20):])
	}
}
