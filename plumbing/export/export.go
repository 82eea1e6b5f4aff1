// SPDX-License-Identifier: Apache-2.0

// Package export writes the tree of a commit, with the content of its large
// files and with metadata, to where nothing is yet: into a new directory, or as
// a tar archive. Invariants: a tree that no host may have is refused before
// anything is written; the same commit gives the same bytes.
//
// What git and this program keep for themselves at the top of a tree is not
// part of it, as on a host.
package export

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// An Export is a tree that can be written.
type Export struct {
	// Progress is told the number of bytes just written, from several
	// goroutines. It may be nil.
	Progress func(n int64)

	work   *worktree.Worktree
	tree   *roottree.Tree
	mtime  node.Mtime // of what the tree records none for
	owners accounts.Chain
}

// New reads the tree that rev stands for. Its owners have the ids that its own
// passwd and group files give them, or else those of others, which may be nil.
// The errors are those of roottree.Load, and an *accounts.UnknownError for an
// owner who has no id.
func New(ctx context.Context, w *worktree.Worktree, rev string, others *accounts.Accounts) (*Export, error) {
	e := &Export{work: w}
	var err error
	if e.mtime.Sec, err = commitTime(ctx, w.Git, rev); err != nil {
		return nil, err
	}
	if e.tree, err = roottree.Load(w.Repo, rev); err != nil {
		return nil, err
	}
	if err := e.findOwners(others); err != nil {
		return nil, err
	}
	return e, nil
}

// commitTime returns when a commit was made, 0 for what is no commit.
func commitTime(ctx context.Context, g git.Runner, rev string) (int64, error) {
	commit, err := g.Run(ctx, nil, "rev-parse", "--quiet", "--verify", "--end-of-options", rev+"^{commit}")
	if code := git.ExitCode(err); code == 1 || code == 128 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	out, err := g.Run(ctx, nil, "rev-list", "--max-count=1", "--timestamp", strings.TrimSpace(string(commit)))
	if err != nil {
		return 0, err
	}
	seconds, _, _ := strings.Cut(string(out), " ")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read git's output: %w", err)
	}
	return n, nil
}

// findOwners makes sure that every owner has an id.
func (e *Export) findOwners(others *accounts.Accounts) error {
	passwd, err := e.small("etc/passwd")
	if err != nil {
		return err
	}
	group, err := e.small("etc/group")
	if err != nil {
		return err
	}
	own, err := accounts.Parse(passwd, group)
	if err != nil {
		return err
	}
	e.owners = accounts.Chain{own}
	if others != nil {
		e.owners = append(e.owners, others)
	}
	for path, n := range e.Nodes() {
		if _, _, err := e.ids(&n); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// small returns the content of a small file, nothing when there is none.
func (e *Export) small(path string) (io.Reader, error) {
	n := e.tree.Get(path)
	if n == nil || n.Type != node.File || n.Large {
		return nil, nil
	}
	_, data, err := e.work.Repo.ObjectAtMost(n.Content, accounts.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return bytes.NewReader(data), nil
}

func (e *Export) ids(n *node.Node) (uid, gid uint32, err error) {
	if uid, err = e.owners.UID(n.Owner); err == nil {
		gid, err = e.owners.GID(n.Group)
	}
	return uid, gid, err
}

// Tree is the id of git's tree.
func (e *Export) Tree() chunkstore.ID { return e.tree.ID() }

// Nodes gives what is written, in the order of node.ComparePaths. What no time
// is recorded of has that of the commit.
func (e *Export) Nodes() iter.Seq2[string, node.Node] {
	return func(yield func(string, node.Node) bool) {
		for path, n := range e.tree.Nodes() {
			if n.Mtime == nil {
				n.Mtime = &e.mtime
			}
			if !yield(path, n) {
				return
			}
		}
	}
}

// Need returns the chunks of the large files.
func (e *Export) Need(ctx context.Context) (*worktree.Need, error) {
	need := worktree.NewNeed()
	for path, n := range e.Nodes() {
		if !n.Large || n.Link != "" {
			continue
		}
		m, err := e.manifest(path, &n)
		if err != nil {
			return nil, err
		}
		need.Files++
		if err := e.work.AddPieces(ctx, need, m.Pieces); err != nil {
			return nil, err
		}
	}
	return need, nil
}

func (e *Export) manifest(path string, n *node.Node) (*chunkstore.Manifest, error) {
	m, err := manifests.Read(e.work.Repo, n.Content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// target is where a link points to.
func (e *Export) target(n *node.Node) (string, error) {
	_, data, err := e.work.Repo.ObjectAtMost(n.Content, node.MaxPath)
	return string(data), err
}

func (e *Export) progress(n int64) {
	if e.Progress != nil {
		e.Progress(n)
	}
}
