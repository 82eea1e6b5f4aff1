// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// name is a path whose parts have what is special to git, to a shell or to us.
func name(r *rand.Rand) string {
	pieces := []string{"a", "b", "ab", " ", "  ", "\t", "\n", "\r", "\"", "\\", "*", "**", "?", "[", "]", "[a]", "[!a]", "[attr]", "!", "#", "-", "=", ".", "..", "ä", "\xff", "\x01", "\x7f", "日本", "$", "'", ":", ";", "\xef\xbb\xbf"}
	var parts []string
	for range 1 + r.IntN(3) {
		var part strings.Builder
		for range 1 + r.IntN(4) {
			part.WriteString(pieces[r.IntN(len(pieces))])
		}
		if s := part.String(); s != "." && s != ".." {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return "x"
	}
	return path.Join(parts...)
}

// TestAttributeLines: git reads a line as the pattern that it was written for,
// and the pattern matches that path alone.
func TestAttributeLines(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	long := strings.Repeat(strings.Repeat("ä", 127)+"/", 5) + "x"
	for round := range 20 {
		w := open(t, newDir(t))
		var tracked, others []string
		for i := range 60 {
			if n := name(r); i%2 == 0 {
				tracked = append(tracked, n)
			} else {
				others = append(others, n, "a/"+n, n+"/a", n+"a")
			}
		}
		tracked = append(tracked, long)
		var patterns []string
		for _, n := range tracked {
			patterns = append(patterns, patternOf(n))
		}
		_, err := w.Track(t.Context(), w.dir, patterns, false)
		must(t, err)
		all := append(slices.Clone(tracked), others...)
		attrs, err := w.attributesOf(t.Context(), all)
		must(t, err)
		for _, n := range all {
			want := slices.Contains(tracked, n)
			got := attrs[n]
			if is := got["filter"] == FilterName && got["diff"] == "devops" && got["merge"] == "devops" && got["text"] == "unset"; is != want {
				t.Errorf("round %d: %q has %v, tracked: %v", round, n, got, want)
			}
		}
	}
}

func TestTrack(t *testing.T) {
	dir := newDir(t)
	w := open(t, dir)
	file := filepath.Join(dir, AttributesFile)
	track := func(dry bool, patterns ...string) []string {
		added, err := w.Track(t.Context(), dir, patterns, dry)
		must(t, err)
		return added
	}
	if diff := cmp.Diff([]string{"*.iso"}, track(true, "*.iso")); diff != "" {
		t.Errorf("dry run: %s", diff)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("dry run: %v", err)
	}
	write(t, file, []byte("* text=auto\n# a remark\n*.png binary")) // and no newline at the end
	must(t, os.Chmod(file, 0o640))
	if diff := cmp.Diff([]string{"*.iso", "a b"}, track(false, "*.iso", "a b")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c"}, track(false, "*.iso", "c", "c")); diff != "" {
		t.Errorf("again: %s", diff)
	}
	got, err := os.ReadFile(file)
	must(t, err)
	want := "* text=auto\n# a remark\n*.png binary\n*.iso " + attributes + "\n\"a b\" " + attributes + "\nc " + attributes + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if fi, err := os.Stat(file); err != nil || fi.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	patterns, err := w.Patterns(dir)
	if diff := cmp.Diff([]string{"*.iso", `"a b"`, "c"}, patterns); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
}

func TestUntrack(t *testing.T) {
	dir := newDir(t)
	w := open(t, dir)
	removed, err := w.Untrack(t.Context(), dir, []string{"x"}, false)
	if len(removed) > 0 || err != nil {
		t.Errorf("nothing there: %v, %v", removed, err)
	}
	_, err = w.Track(t.Context(), dir, []string{"*.iso", "a b", "c"}, false)
	must(t, err)
	for _, dry := range []bool{true, false} {
		removed, err = w.Untrack(t.Context(), dir, []string{"a b", "absent", "c"}, dry)
		if diff := cmp.Diff([]string{"a b", "c"}, removed); diff != "" || err != nil {
			t.Errorf("dry run %v: %v, %s", dry, err, diff)
		}
	}
	got, err := os.ReadFile(filepath.Join(dir, AttributesFile))
	must(t, err)
	if diff := cmp.Diff("*.iso "+attributes+"\n", string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestCheckPattern(t *testing.T) {
	for pattern, good := range map[string]bool{
		"*.iso": true, "/a b": true, `\!x`: true, `\[attr]x`: true, "#x": true, "ä": true, "[a]x": true,
		"": false, "!x": false, "[attr]x": false, "a\x00b": false,
		strings.Repeat("x", 1900): true, strings.Repeat("x", 2100): false, strings.Repeat(`"`, 1100): false,
	} {
		if err := CheckPattern(pattern); (err == nil) != good {
			t.Errorf("%.50q: %v", pattern, err)
		}
	}
}

// TestLongestPattern: what CheckPattern accepts, git does.
func TestLongestPattern(t *testing.T) {
	w := open(t, newDir(t))
	n := 1
	for n < 1<<16 && CheckPattern(patternOf(strings.Repeat("x", n+1))) == nil {
		n++
	}
	long := strings.Repeat("x", n)
	_, err := w.Track(t.Context(), w.dir, []string{patternOf(long)}, false)
	must(t, err)
	attrs, err := w.attributesOf(t.Context(), []string{long})
	must(t, err)
	if attrs[long]["filter"] != FilterName {
		t.Errorf("git does not read a pattern of %d bytes", n)
	}
	if _, err := w.Track(t.Context(), w.dir, []string{patternOf(long + "x")}, false); err == nil {
		t.Error("Track of one that is too long: no error")
	}
}
