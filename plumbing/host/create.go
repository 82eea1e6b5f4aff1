// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Remote is the name that Create gives to where the branch comes from.
const Remote = "origin"

// ErrRoot says that a directory cannot be a host's root.
var ErrRoot = errors.New("cannot be a root")

// CreateOptions say which repository Create makes.
type CreateOptions struct {
	GitDir string // an absolute path at which nothing, or an empty directory, is
	Root   string // see ResolveRoot
	Type   string // the machine type
	URL    string // where its branch comes from, "" for nowhere
}

// Create makes the repository of a host, and fetches the branch if it comes
// from somewhere and exists there: then HEAD and the index are at its commit.
// The repository appears in one step, durable, so that nothing is left of a
// Create that fails, and only a directory that the next one clears of one that
// is killed. Nothing is changed on the root.
func Create(ctx context.Context, g git.Runner, o CreateOptions) (err error) {
	parent, name := filepath.Split(o.GitDir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("create repository: %w", err)
	}
	made := filepath.Join(parent, ".git-devops-init."+name)
	if err := os.RemoveAll(made); err != nil {
		return fmt.Errorf("create repository: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(made)) }()
	// What comes into it may be files that only root may read.
	if err := os.Mkdir(made, 0o700); err != nil {
		return fmt.Errorf("create repository: %w", err)
	}
	g = g.At(made)
	if _, err := g.Run(ctx, nil, "init", "-q", "--initial-branch="+o.Type); err != nil {
		return err
	}
	if err := configure(ctx, g, filepath.Join(made, "config"), o); err != nil {
		return err
	}
	if err := keepLog(made); err != nil {
		return fmt.Errorf("create repository: %w", err)
	}
	if o.URL != "" {
		if err := follow(ctx, g, made, o.Type); err != nil {
			return err
		}
	}
	if err := publish(made, o.GitDir); err != nil {
		return fmt.Errorf("create repository: %w", err)
	}
	return nil
}

func configure(ctx context.Context, g git.Runner, file string, o CreateOptions) error {
	settings := [][2]string{
		{"core.bare", "false"},
		{"core.worktree", o.Root},
		{"core.logAllRefUpdates", "true"},
		{"status.showUntrackedFiles", "no"},             // all that is not managed
		{"gc." + AppliedRef + ".reflogExpire", "never"}, // see Previous
		{"gc." + AppliedRef + ".reflogExpireUnreachable", "never"},
		{RootKey, o.Root},
		{TypeKey, o.Type},
	}
	if o.URL != "" {
		branch := "refs/heads/" + o.Type
		settings = append(settings, [][2]string{
			{"remote." + Remote + ".url", o.URL},
			{"remote." + Remote + ".fetch", "+" + branch + ":refs/remotes/" + Remote + "/" + o.Type},
			{"branch." + o.Type + ".remote", Remote},
			{"branch." + o.Type + ".merge", branch},
		}...)
	}
	for _, s := range settings {
		if err := g.ConfigSet(ctx, file, s[0], s[1]); err != nil {
			return err
		}
	}
	return nil
}

// keepLog begins the log of what is applied, without which nobody keeps it.
func keepLog(gitDir string) error {
	log := filepath.Join(gitDir, "logs", filepath.FromSlash(AppliedRef))
	if err := os.MkdirAll(filepath.Dir(log), 0o777); err != nil {
		return err
	}
	return os.WriteFile(log, nil, 0o666)
}

// follow fetches the branch, and brings HEAD and the index to its commit.
func follow(ctx context.Context, g git.Runner, gitDir, branch string) error {
	there, err := RemoteBranches(ctx, g, Remote)
	if err != nil || len(there.Names) == 0 {
		return err
	}
	for _, args := range [][]string{
		{"fetch", "--quiet", "--no-auto-maintenance", "--no-write-fetch-head", "--no-recurse-submodules", "--", Remote},
		{"update-ref", "refs/heads/" + branch, "refs/remotes/" + Remote + "/" + branch},
		{"read-tree", "refs/heads/" + branch},
	} {
		if _, err := g.Run(ctx, nil, args...); err != nil {
			return err
		}
	}
	r, err := repo.Open(repo.Options{GitDir: gitDir})
	if err != nil {
		return err
	}
	defer r.Close()
	return r.UpdateIndex(ctx, hideControl)
}

// hideControl tells git that the control files are not on the root.
func hideControl(tx *repo.IndexTx) error {
	for _, e := range tx.Index().Entries {
		if node.IsControl(e.Path) && !e.SkipWorktree {
			e.SkipWorktree = true
			if err := tx.Set(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish moves the repository to its place, durably with all that is in it.
func publish(made, gitDir string) error {
	if err := os.Rename(made, gitDir); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(gitDir))
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
}

// Branches are the branches of a repository elsewhere.
type Branches struct {
	Names []string
	Head  string // its own, "" where it has none
}

// RemoteBranches asks a remote, or a URL, for its branches.
func RemoteBranches(ctx context.Context, g git.Runner, url string) (b Branches, err error) {
	const heads = "refs/heads/"
	err = g.Lines(ctx, nil, []string{"ls-remote", "--quiet", "--symref", "--", url, "HEAD", heads + "*"}, func(line []byte) error {
		what, ref, _ := strings.Cut(string(line), "\t")
		if target, ok := strings.CutPrefix(what, "ref: "+heads); ok && ref == "HEAD" {
			b.Head = target
		}
		if name, ok := strings.CutPrefix(ref, heads); ok {
			b.Names = append(b.Names, name)
		}
		return nil
	})
	return b, err
}

// ResolveRoot returns the directory that dir, an absolute path, leads to, for
// a repository in gitDir. The error is ErrRoot when there is no directory, or
// it is in the repository.
func ResolveRoot(dir, gitDir string) (string, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("'%s' %w: %w", dir, ErrRoot, errors.Unwrap(err))
	}
	fi, err := os.Stat(root)
	switch {
	case err != nil:
		return "", fmt.Errorf("'%s' %w: %w", dir, ErrRoot, err)
	case !fi.IsDir():
		return "", fmt.Errorf("'%s' %w: it is not a directory", dir, ErrRoot)
	}
	if at := resolved(gitDir); root == at || strings.HasPrefix(root, at+"/") {
		return "", fmt.Errorf("'%s' %w: it is in the repository %s", dir, ErrRoot, gitDir)
	}
	return root, nil
}
