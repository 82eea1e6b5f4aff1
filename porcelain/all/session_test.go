// SPDX-License-Identifier: Apache-2.0

package all

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/porcelain"
)

// TestSession runs each verb as a person and as a program would: --json gives
// one object a line, each with its type.
func TestSession(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	run := func(args ...string) (porcelain.Code, string, string) {
		var out, errs bytes.Buffer
		env := porcelain.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Dir: dir, Getenv: os.Getenv}
		code := Main(append([]string{"git-devops"}, args...), env)
		return porcelain.Code(code), out.String(), errs.String()
	}
	if code, _, errs := run("status"); code != porcelain.NoRepository || !strings.HasPrefix(errs, "fatal: ") {
		t.Errorf("outside a repository: code %d, %s", code, errs)
	}
	if code, _, errs := run("init"); code != porcelain.Done {
		t.Fatalf("init: code %d, %s", code, errs)
	}
	large := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{}).Read(large)
	file := filepath.Join(dir, "large")
	if err := os.WriteFile(file, large, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init"}, {"track", "-n", "*.iso"}, {"track", "*.iso"}, {"track"}, {"untrack", "*.iso"},
		{"add", "-n", "."}, {"add", "-v", "."}, {"add", "."}, {"status"}, {"ls"},
		{"checkout", "-n"}, {"checkout", "-f", "large"}, {"fsck", "--quick"}, {"fsck"}, {"gc", "-n"}, {"gc"}, {"version"},
	} {
		code, out, errs := run(append(args, "--json")...)
		if code != porcelain.Done {
			t.Errorf("%v: code %d, %s", args, code, errs)
		}
		for line := range strings.Lines(out + errs) {
			var record struct{ Type string }
			if err := json.Unmarshal([]byte(line), &record); err != nil || record.Type == "" {
				t.Errorf("%v: %v: %s", args, err, line)
			}
		}
		want := porcelain.Done
		if args[0] == "untrack" {
			want = porcelain.Differs // nothing is left to be untracked
		}
		if code, _, errs := run(args...); code != want {
			t.Errorf("%v again, as text: code %d, %s", args, code, errs)
		}
	}
	if code, out, _ := run("cat", "--offset=1m", "--length=10", "large"); code != porcelain.Done || out != string(large[1<<20:][:10]) {
		t.Errorf("cat: code %d, %q", code, out)
	}
	for _, args := range [][]string{{"cat", "--json", "large"}, {"cat"}, {"cat", "--offset=-1", "large"}, {"track", "!x"}, {"ls", "--none"}, {"gc", "x"}} {
		if code, out, _ := run(args...); code != porcelain.Usage || out != "" {
			t.Errorf("%v: code %d, %s", args, code, out)
		}
	}
	if code, _, errs := run("cat", "absent"); code != porcelain.Fatal || !strings.HasPrefix(errs, "fatal: ") {
		t.Errorf("cat of what is not there: code %d, %s", code, errs)
	}
}
