// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// verb returns a list of one verb, "try", that does what run does.
func verb(run func(*Globals, *cobra.Command, []string) error) func(*Globals) []*cobra.Command {
	return func(g *Globals) []*cobra.Command {
		cmd := &cobra.Command{
			Use: "try [-n] [<arg>]\ntry --all", Short: "try it", Long: "Tries it.\n",
			GroupID: GroupLarge, Args: cobra.MaximumNArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return run(g, cmd, args) },
		}
		cmd.Flags().BoolP("dry-run", "n", false, "only say it")
		return []*cobra.Command{cmd}
	}
}

type result struct {
	Code           Code
	Stdout, Stderr string
}

func try(t *testing.T, run func(*Globals, *cobra.Command, []string) error, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	env := Env{bytes.NewReader(nil), &out, &errs, "/", func(string) string { return "" }}
	code := Main(args, env, verb(run))
	return result{Code(code), out.String(), errs.String()}
}

func fails(err error) func(*Globals, *cobra.Command, []string) error {
	return func(*Globals, *cobra.Command, []string) error { return err }
}

type hinted struct{}

func (hinted) Error() string { return "it did not work" }
func (hinted) Hint() string  { return "try harder\nor not" }

func TestErrors(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want result
	}{
		{"none", nil, result{0, "", ""}},
		{"any", errors.New("bad"), result{128, "", "fatal: bad\n"}},
		{"with a code", Exit(Frozen, errors.New("frozen")), result{14, "", "fatal: frozen\n"}},
		{"wrapped code", fmt.Errorf("wrapped: %w", Exit(Partial, errors.New("2 of 3"))),
			result{3, "", "error: wrapped: 2 of 3\n"}},
		{"code without message", Exit(Differs, nil), result{1, "", ""}},
		{"with a hint", fmt.Errorf("wrapped: %w", hinted{}),
			result{128, "", "fatal: wrapped: it did not work\nhint: try harder\nhint: or not\n"}},
		{"not a repository", fmt.Errorf("%w: /x", repo.ErrNotRepository),
			result{10, "", "fatal: not a git repository: /x\nhint: 'git devops init' makes one, or -C says where it is\n"}},
		{"missing", &chunkstore.MissingError{},
			result{13, "", "error: object 0000000000000000000000000000000000000000 is missing\n"}},
		{"cancelled", fmt.Errorf("read: %w", context.Canceled), result{130, "", "fatal: read: context canceled\n"}},
		{"broken pipe elsewhere", &fs.PathError{Op: "write", Path: "x", Err: syscall.EPIPE},
			result{128, "", "fatal: write x: broken pipe\n"}},
		{"usage", Usagef("-n and --all"),
			result{129, "", "error: -n and --all\nusage: git devops try [-n] [<arg>]\n   or: git devops try --all\n" +
				"\n    -n, --dry-run         only say it\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, try(t, fails(tt.err), "gdo", "try")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsAsJSON(t *testing.T) {
	got := try(t, fails(Exit(Missing, hinted{})), "gdo", "try", "--json")
	want := result{13, "", `{"type":"error","code":13,"message":"it did not work","hint":"try harder\nor not"}` + "\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := try(t, fails(Exit(Differs, nil)), "gdo", "try", "--json"); got.Stderr != "" {
		t.Errorf("a mere answer said %q", got.Stderr)
	}
}

// TestUsageNeverRunsTheVerb also shows that -h wins over wrong arguments.
func TestUsageNeverRunsTheVerb(t *testing.T) {
	for _, args := range [][]string{
		{"gdo", "try", "-h"}, {"gdo", "try", "-h", "1", "2", "3"}, {"gdo", "try", "1", "2"},
		{"gdo", "try", "--nonsense"}, {"gdo", "try", "-C"}, {"gdo", "try", "--color=purple"}, {"gdo", "nonsense"},
	} {
		got := try(t, func(*Globals, *cobra.Command, []string) error {
			t.Errorf("%q: run", args)
			return nil
		}, args...)
		if got.Code != Usage {
			t.Errorf("%q: code %d", args, got.Code)
		}
	}
}

func TestHelpNeverRunsTheVerb(t *testing.T) {
	for _, args := range [][]string{{"gdo", "try", "--help"}, {"gdo", "help", "try"}, {"git-devops-try", "--help"}} {
		got := try(t, fails(errors.New("run")), args...)
		if got.Code != Done || !bytes.Contains([]byte(got.Stdout), []byte("git-devops-try - try it")) {
			t.Errorf("%q: %+v", args, got)
		}
	}
}

func TestDispatch(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"program", []string{"git-devops", "add", "x"}, []string{"add", "x"}},
		{"short", []string{"/usr/bin/gdo", "add"}, []string{"add"}},
		{"link", []string{"/usr/bin/git-devops-add", "x"}, []string{"add", "x"}},
		{"link with a hyphen", []string{"git-devops-filter-process"}, []string{"filter-process"}},
		{"nothing", nil, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, dispatch(tt.args)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGlobalOptions(t *testing.T) {
	dir := t.TempDir()
	var got Globals
	look := func(g *Globals, _ *cobra.Command, _ []string) error {
		got = *g
		return nil
	}
	r := try(t, look, "gdo", "-C", dir, "-q", "try", "-C", "", "-v", "--json", "--no-progress", "--color=never", "-n", "x")
	if r.Code != Done {
		t.Fatalf("%+v", r)
	}
	if got.Dir != dir || !got.Quiet || !got.Verbose || !got.JSON || got.Progress.String() != "never" || got.Color.String() != "never" {
		t.Errorf("got %+v", got)
	}
	if p := got.Path("a/../b"); p != dir+"/b" {
		t.Errorf("path %s", p)
	}
	if p := got.Path("/a/b"); p != "/a/b" {
		t.Errorf("absolute path %s", p)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
}

func TestBrokenPipeIsSilent(t *testing.T) {
	print := func(g *Globals, _ *cobra.Command, _ []string) error {
		g.UI.Printf("text")
		return g.UI.Flush()
	}
	stream := func(g *Globals, _ *cobra.Command, _ []string) error {
		_, err := g.Env.Stdout.Write([]byte("bytes"))
		return fmt.Errorf("stream: %w", err)
	}
	unaware := func(g *Globals, _ *cobra.Command, _ []string) error {
		g.UI.Printf("text")
		return errors.New("and then something else failed")
	}
	for name, run := range map[string]func(*Globals, *cobra.Command, []string) error{
		"print": print, "stream": stream, "unaware": unaware,
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			env := Env{nil, brokenPipe{}, &errs, "/", func(string) string { return "" }}
			if code := Main([]string{"gdo", "try"}, env, verb(run)); code != 141 || errs.Len() > 0 {
				t.Errorf("code %d, %q", code, errs.String())
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	got := try(t, func(_ *Globals, cmd *cobra.Command, _ []string) error {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
			return err
		}
		<-cmd.Context().Done()
		return errors.New("some child was killed")
	}, "gdo", "try")
	if diff := cmp.Diff(result{130, "", "fatal: interrupted\n"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatusesAreInOrderAndNeverTwo(t *testing.T) {
	last := Code(-1)
	for _, s := range Statuses() {
		if s.Code <= last || s.Code == 2 || s.Meaning == "" {
			t.Errorf("%+v after %d", s, last)
		}
		last = s.Code
	}
}

func TestEmptyGroupsAreNotShown(t *testing.T) {
	got := try(t, fails(nil), "gdo", "-h")
	if !bytes.Contains([]byte(got.Stdout), []byte("\nlarge files\n    try               try it\n")) {
		t.Errorf("no group: %s", got.Stdout)
	}
	if bytes.Contains([]byte(got.Stdout), []byte("trust")) {
		t.Errorf("a group without verbs: %s", got.Stdout)
	}
}
