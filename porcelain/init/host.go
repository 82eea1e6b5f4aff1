// SPDX-License-Identifier: Apache-2.0

package initverb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// defaultRoot is what a host manages unless --root says otherwise.
const defaultRoot = "/"

// runHost makes the repository of this host, or completes the one there is.
func runHost(ctx context.Context, g *porcelain.Globals, o options, url string) error {
	there := g.At(g.HostRepo())
	want, err := wanted(g, o, url)
	if err != nil {
		return err
	}
	exists, err := occupied(want.GitDir)
	if err != nil {
		return err
	}
	if exists {
		err = compare(ctx, there, want)
	} else {
		err = createHost(ctx, g, want, o.dryRun)
	}
	if err != nil || o.dryRun && !exists {
		return err
	}
	w, err := there.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	return errors.Join(install(ctx, there, w.Repo, o.dryRun), installHook(there, w.Repo, o.dryRun))
}

// wanted is what the arguments say; what they leave open is "".
func wanted(g *porcelain.Globals, o options, url string) (want host.CreateOptions, err error) {
	want = host.CreateOptions{GitDir: g.HostRepo(), Type: o.hostType, URL: url}
	if addr, err := ssh.Parse(url); url != "" && err == nil && addr.Local() {
		want.URL = g.Path(addr.Path)
	}
	if strings.HasPrefix(url, "-") {
		return want, porcelain.Usagef("'%s' is not a URL", url)
	}
	if o.root != "" {
		want.Root, err = host.ResolveRoot(g.Path(o.root), want.GitDir)
	}
	return want, err
}

// occupied says whether there is anything in dir.
func occupied(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return len(entries) > 0, err
}

// compare checks that the repository there is what is wanted.
func compare(ctx context.Context, there *porcelain.Globals, want host.CreateOptions) error {
	w, h, err := there.OpenHost()
	if err != nil {
		return err
	}
	defer w.Close()
	url, _, err := w.Git.ConfigGetLocal(ctx, "remote."+host.Remote+".url")
	if err != nil {
		return err
	}
	for _, c := range []struct{ what, is, want string }{
		{"root", h.Root, want.Root}, {"machine type", h.Type, want.Type}, {"URL", url, want.URL},
	} {
		if c.want != "" && c.is != c.want {
			return &otherHost{what: c.what, is: c.is, want: c.want, gitDir: want.GitDir}
		}
	}
	return nil
}

// An otherHost says that the repository there is for something else.
type otherHost struct{ what, is, want, gitDir string }

func (e *otherHost) Error() string {
	return fmt.Sprintf("the %s of the host in %s is '%s', not '%s'", e.what, e.gitDir, e.is, e.want)
}

// Hint says what to do.
func (*otherHost) Hint() string { return "--repo names another place for another repository" }

// createHost fills in what was left open and makes the repository.
func createHost(ctx context.Context, g *porcelain.Globals, want host.CreateOptions, dryRun bool) (err error) {
	if want.Root == "" {
		if want.Root, err = host.ResolveRoot(defaultRoot, want.GitDir); err != nil {
			return err
		}
	}
	runner := git.Runner{Dir: g.Dir}
	if want.Type, err = chooseType(ctx, runner, want); err != nil {
		return err
	}
	if _, err := runner.Run(ctx, nil, "check-ref-format", "refs/heads/"+want.Type); err != nil || strings.HasPrefix(want.Type, "-") {
		return porcelain.Usagef("'%s' is not a name for a branch", want.Type)
	}
	if !dryRun {
		if err := host.Create(ctx, runner, want); err != nil {
			return err
		}
	}
	g.UI.Info(createdHost{Path: ui.Path(want.GitDir), Root: ui.Path(want.Root), MachineType: want.Type, URL: want.URL, dryRun: dryRun})
	return nil
}

// chooseType is the machine type wanted, or the branch that a URL's HEAD is,
// or git's own first branch.
func chooseType(ctx context.Context, runner git.Runner, want host.CreateOptions) (string, error) {
	if want.URL == "" {
		if want.Type != "" {
			return want.Type, nil
		}
		name, ok, err := runner.ConfigGet(ctx, "init.defaultBranch")
		if err == nil && !ok {
			name = "main"
		}
		return name, err
	}
	there, err := host.RemoteBranches(ctx, runner, want.URL)
	if err != nil {
		return "", err
	}
	switch name := want.Type; {
	case name == "" && there.Head == "":
		return "", porcelain.Usagef("--type is needed: '%s' has no branch of its own", want.URL)
	case name == "":
		return there.Head, nil
	case len(there.Names) > 0 && !slices.Contains(there.Names, name):
		return "", &noBranch{url: want.URL, branch: name, names: there.Names}
	default:
		return name, nil
	}
}

// A noBranch says that the machine type has no branch.
type noBranch struct {
	url, branch string
	names       []string
}

func (e *noBranch) Error() string {
	return fmt.Sprintf("'%s' has no branch '%s'", e.url, e.branch)
}

// Hint names those there are.
func (e *noBranch) Hint() string {
	const some = 10
	if len(e.names) > some {
		return fmt.Sprintf("it has %s and %d more", strings.Join(e.names[:some], ", "), len(e.names)-some)
	}
	return "it has " + strings.Join(e.names, ", ")
}

type createdHost struct {
	Path        ui.Path `json:"path"`
	Root        ui.Path `json:"root"`
	MachineType string  `json:"machineType"`
	URL         string  `json:"url,omitempty"`
	dryRun      bool
}

// Type implements ui.Record.
func (createdHost) Type() string { return "created" }

// Text implements ui.Record.
func (c createdHost) Text(*ui.UI) string {
	done := "created"
	if c.dryRun {
		done = "would create"
	}
	text := fmt.Sprintf("%s a host's repository in %s for the root %s, machine type %s", done, c.Path, c.Root, c.MachineType)
	if c.URL != "" {
		text += ", from " + c.URL
	}
	return text
}
