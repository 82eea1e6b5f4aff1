// SPDX-License-Identifier: Apache-2.0

// Package replicate brings a repository up to date with other places: first
// the branches, with the real git, then the chunks that they need.
//
// Invariant: it only ever adds. Nothing of a peer is changed, no branch of
// this repository is moved, and no chunk is dropped here.
package replicate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/offer"
)

// Branches fetches the branches of a remote, and the tags that point into
// them, as its configuration says; and what the remote offers. It may be called
// for several remotes at once. When nothing happens for so long, the error is
// transfer.ErrStalled; with 0 that is waited for, as where git may ask a person.
//
// It is done with the oldest version of git's protocol: where nothing is to be
// fetched, as mostly, the newest takes a round trip more.
func (f *Fetching) Branches(ctx context.Context, g git.Runner, remote string, stall time.Duration) error {
	g.Files = append(slices.Clip(g.Files), f.file)
	err := runAlive(ctx, g, stall, "-c", "remote."+remote+".fetch="+offer.Refspec(remote), "-c", "fetch.writeCommitGraph=false",
		"-c", "protocol.version=0", "fetch", "--quiet", "--no-auto-maintenance", "--no-write-fetch-head", "--no-recurse-submodules", "--", remote)
	if err != nil && git.ExitCode(err) < 0 {
		f.killed.Store(true)
	}
	return err
}

// Followed returns the revisions whose files this repository wants to have:
// HEAD, the branch that HEAD's branch follows, and the branch of that name on
// each of the remotes. Where HEAD has no commit yet, as after git init, and no
// remote has its branch, it is the remotes' own HEADs.
func Followed(ctx context.Context, g git.Runner, remotes []string) ([]string, error) {
	branch, err := headBranch(ctx, g)
	if err != nil {
		return nil, err
	}
	candidates := []string{"HEAD"}
	if branch != "" {
		upstream, err := upstreamOf(ctx, g, branch)
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, upstream...)
		for _, r := range remotes {
			candidates = append(candidates, "refs/remotes/"+r+"/"+branch)
		}
	}
	revs, err := existing(ctx, g, candidates)
	if err != nil || len(revs) > 0 {
		return revs, err
	}
	for _, r := range remotes {
		rev, err := remoteHead(ctx, g, r)
		if err != nil {
			return nil, err
		}
		if rev != "" {
			revs = append(revs, rev)
		}
	}
	return revs, nil
}

// headBranch returns the short name of HEAD's branch, "" when it is detached.
func headBranch(ctx context.Context, g git.Runner) (string, error) {
	out, err := g.Run(ctx, nil, "symbolic-ref", "--quiet", "--short", "HEAD")
	if git.ExitCode(err) == 1 {
		return "", nil
	}
	return strings.TrimSpace(string(out)), err
}

// upstreamOf returns the ref that a branch follows, if there is one: by its
// name, because <branch>@{upstream} means nothing to libgit2 while the branch
// has no commit.
func upstreamOf(ctx context.Context, g git.Runner, branch string) ([]string, error) {
	out, err := g.Run(ctx, nil, "rev-parse", "--quiet", "--verify", "--symbolic-full-name", branch+"@{upstream}")
	if git.ExitCode(err) == 1 || git.ExitCode(err) == 128 {
		return nil, nil
	}
	return strings.Fields(string(out)), err
}

// existing returns those of the revisions that name a commit, and of several
// that name the same the first.
func existing(ctx context.Context, g git.Runner, revs []string) ([]string, error) {
	var found []string
	seen := map[string]bool{}
	for _, rev := range revs {
		out, err := g.Run(ctx, nil, "rev-parse", "--quiet", "--verify", "--end-of-options", rev+"^{commit}")
		switch id := strings.TrimSpace(string(out)); {
		case git.ExitCode(err) == 1 || git.ExitCode(err) == 128: // no such branch, or no upstream
		case err != nil:
			return nil, err
		case !seen[id]:
			seen[id] = true
			found = append(found, rev)
		}
	}
	return found, nil
}

// remoteHead returns the branch that a remote's HEAD stands for: what git
// clone noted, or the only one that there is.
func remoteHead(ctx context.Context, g git.Runner, remote string) (string, error) {
	noted, err := existing(ctx, g, []string{"refs/remotes/" + remote + "/HEAD"})
	if err != nil || len(noted) > 0 {
		return strings.Join(noted, ""), err
	}
	out, err := g.Run(ctx, nil, "for-each-ref", "--format=%(refname)", "refs/remotes/"+remote+"/")
	if err != nil {
		return "", fmt.Errorf("list branches of %s: %w", remote, err)
	}
	if refs := strings.Fields(string(out)); len(refs) == 1 {
		return refs[0], nil
	}
	return "", nil
}
