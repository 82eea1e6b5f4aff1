// SPDX-License-Identifier: Apache-2.0

package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/drift"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// list prints what was saved, newest first.
func list(g *porcelain.Globals, o options, args []string) error {
	h, done, err := g.OpenRoot()
	if err != nil {
		return err
	}
	defer done()
	paths, err := g.RootPaths(h.Host, h.Root, args)
	if err != nil {
		return err
	}
	n := 0
	return drift.Log(h.Work.Repo, func(r drift.Record) (bool, error) {
		if r.Paths = limit(r.Paths, paths); len(r.Paths) == 0 {
			return true, nil
		}
		g.UI.Print(newEntry(r))
		n++
		return n != o.count, nil
	})
}

// limit picks those at or below one of the paths, all where there are none.
func limit(all []drift.Drifted, paths []string) []drift.Drifted {
	if len(paths) == 0 {
		return all
	}
	var some []drift.Drifted
	for _, d := range all {
		if slices.ContainsFunc(paths, func(path string) bool { return node.Within(d.Path, path) }) {
			some = append(some, d)
		}
	}
	return some
}

// errNotSaved says that a commit is not one of saved drift.
var errNotSaved = errors.New("no apply has saved anything as that commit")

// notSaved is errNotSaved with the way out.
type notSaved struct{ error }

// Hint says what to do.
func (notSaved) Hint() string { return "'git devops drift log' lists what was saved" }

// find returns what was saved as rev, "" for the newest.
func find(ctx context.Context, h *hostroot.Opened, rev string) (found drift.Record, err error) {
	id, ok, err := h.Work.Repo.Ref(drift.Ref)
	if err != nil {
		return found, err
	}
	if !ok {
		return found, notSaved{errors.New("nothing was saved yet")}
	}
	if rev != "" {
		out, err := h.Work.Git.Run(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
		if err != nil {
			return found, notSaved{fmt.Errorf("'%s': %w", rev, errNotSaved)}
		}
		if id, err = chunkstore.ParseID(strings.TrimSpace(string(out))); err != nil {
			return found, err
		}
	}
	err = drift.Log(h.Work.Repo, func(r drift.Record) (bool, error) {
		if r.Commit == id {
			found = r
		}
		return r.Commit != id, nil
	})
	if err == nil && found.Commit != id {
		err = notSaved{fmt.Errorf("'%s': %w", rev, errNotSaved)}
	}
	return found, err
}

// An entry is what one run has saved.
type entry struct {
	Commit  string `json:"commit"`
	Time    string `json:"time"`
	Run     string `json:"run"`
	Applied string `json:"applied,omitempty"`
	Target  string `json:"target"`
	Paths   []path `json:"paths"`

	time time.Time
}

type path struct {
	Path    ui.Path  `json:"path"`
	Aspects []string `json:"aspects"`
}

func newEntry(r drift.Record) entry {
	e := entry{
		Commit: r.Commit.String(), Time: r.Time.UTC().Format(time.RFC3339), Run: r.Run,
		Target: r.Target.String(), time: r.Time,
	}
	if !r.Applied.IsZero() {
		e.Applied = r.Applied.String()
	}
	for _, d := range r.Paths {
		e.Paths = append(e.Paths, path{ui.Path(d.Path), d.Aspects})
	}
	return e
}

// Type implements ui.Record.
func (entry) Type() string { return "drift" }

// Text implements ui.Record.
func (e entry) Text(u *ui.UI) string {
	lines := []string{fmt.Sprintf("%s %s, before %.12s was applied",
		u.Paint(ui.Yellow, e.Commit[:12]), e.time.Local().Format(time.DateTime), e.Target)}
	for _, p := range e.Paths {
		lines = append(lines, fmt.Sprintf("    %s (%s)", p.Path, strings.Join(p.Aspects, ", ")))
	}
	return strings.Join(lines, "\n")
}
