// SPDX-License-Identifier: Apache-2.0

// Package prepush is the verb that git's pre-push hook runs.
package prepush

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/stockgit"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

// guard is set for the git push that this verb runs.
const guard = "GIT_DEVOPS_PRE_PUSH"

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "pre-push [--all] <remote> [<url>]",
		Short: "bring chunks to a git server, for git push",
		Long:  help,
		Args: cobra.MatchAll(porcelain.SomeArgs("no remote given"),
			porcelain.AtMost(2)),
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, args, all) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "of every manifest of this repository")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, args []string, all bool) error {
	if g.Env.Getenv(guard) != "" {
		return nil
	}
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	server, err := open(ctx, g, w, args)
	if err != nil {
		return err
	}
	if on, err := enabled(w, args[0]); err != nil || !on && !all {
		return err
	}
	needed, err := find(ctx, g, w, args[0], all)
	if err != nil || len(needed) == 0 {
		return err
	}
	pushed, err := server.Push(ctx, w.Store, needed, stockgit.PushOptions{Progress: progress(g)})
	if err != nil {
		return err
	}
	for _, n := range pushed.Unread {
		g.UI.Warnf("%s: the chunks of this manifest are not pushed: it is not of a version that is known here", ui.Path(n.Path))
	}
	report(g, args[0], pushed, all)
	return nil
}

// open returns the server that the arguments name.
func open(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, args []string) (*stockgit.Server, error) {
	url := args[len(args)-1]
	if len(args) == 1 {
		out, err := g.Git().Run(ctx, nil, "remote", "get-url", "--push", "--", args[0])
		switch {
		case err == nil:
			url, _, _ = strings.Cut(string(out), "\n")
		case git.ExitCode(err) != noSuchRemote:
			return nil, err
		}
	}
	return stockgit.OfRemote(w.Repo, g.Git().With(guard+"=1"), args[0], url)
}

// noSuchRemote is the exit code of git remote for a remote that is none.
const noSuchRemote = 2

// enabled looks up remote.<name>.devopsChunks.
func enabled(w *worktree.Worktree, remote string) (bool, error) {
	if strings.ContainsAny(remote, "\n\x00") {
		return true, nil
	}
	return w.Repo.ConfigBool("remote."+remote+".devopsChunks", true)
}

// find returns the manifests that the refs to be pushed need, or those of every
// ref.
func find(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, remote string, all bool) ([]stockgit.Needed, error) {
	var r refs
	var tracking []string
	var err error
	if all {
		r, err = everyRef(ctx, w.Git)
	} else {
		r, err = readRefs(g.Env.Stdin)
		tracking = trackingRefs(w, remote)
	}
	if err != nil || len(r.tips) == 0 {
		return nil, err
	}
	var needed []stockgit.Needed
	err = manifests.Added(ctx, w.Repo, w.Git, r.tips, r.known, tracking, func(f manifests.Found, path string) error {
		needed = append(needed, stockgit.Needed{ID: f.ID, Path: path})
		return nil
	})
	return needed, err
}

// trackingRefs are the refs that say what a remote had when it was last
// fetched; a URL has none.
func trackingRefs(w *worktree.Worktree, remote string) []string {
	if strings.ContainsAny(remote, "\n\x00*?[") {
		return nil
	}
	if _, known, err := w.Repo.Config("remote." + remote + ".url"); err != nil || !known {
		return nil
	}
	return []string{remote}
}

// progress is where git says how far it is, nil when nobody wants to know.
func progress(g *porcelain.Globals) io.Writer {
	if !g.UI.ShowsProgress() {
		return nil
	}
	return g.Env.Stderr
}

func report(g *porcelain.Globals, remote string, p stockgit.Pushed, all bool) {
	r := record{Remote: remote, Pushed: p}
	if all {
		g.UI.Info(r)
		return
	}
	// Standard output is that of git push.
	if progress(g) != nil && p.Manifests > 0 {
		fmt.Fprintln(g.Env.Stderr, r.Text(g.UI))
	}
}

type record struct {
	Remote string `json:"remote"`
	stockgit.Pushed
}

// Type implements ui.Record.
func (record) Type() string { return "pushed" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	return fmt.Sprintf("chunks of %d large files to %s: %d sent, %s", r.Manifests, r.Remote, r.Chunks, ui.Size(r.Bytes))
}
