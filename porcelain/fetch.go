// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/replicate"
	"github.com/git-devops/git-devops/plumbing/transfer"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// FetchOptions say how Fetch does it.
type FetchOptions struct {
	DryRun bool // only tell
	Jobs   int  // how many places are asked at a time, 0 for all
}

// Fetch gets the chunks that a need lacks from the places of set, and tells the
// person what comes from where. When some can be had nowhere, its error ends
// the command with Missing.
func (g *Globals) Fetch(ctx context.Context, w *worktree.Worktree, need *worktree.Need, set places.Set, fo FetchOptions) error {
	for path, err := range need.Unreadable {
		g.UI.Errorf("%s: %v", ui.Path(path), err)
	}
	result, err := g.fetchLacking(ctx, w, need, set, fo)
	if err != nil {
		return err
	}
	whole := len(result.Missing)+len(result.Mismatched) == 0
	for i, s := range result.Sources {
		g.tellSource(set, i, s, whole)
	}
	for _, m := range result.Mismatched {
		g.UI.Errorf("%v: the manifest is wrong", m)
	}
	g.UI.Info(fetchRecord{
		Files: need.Files, Chunks: need.Chunks, Fetched: result.Chunks, Bytes: result.Bytes,
		Missing: len(result.Missing), DryRun: fo.DryRun,
	})
	if n := len(result.Missing) + len(result.Mismatched); n > 0 {
		g.tellOnlyGit(set)
		return Exit(Missing, &absentError{n, len(need.Lacking), len(set.Unreached()) > 0})
	}
	return Unreadable(len(need.Unreadable))
}

func (g *Globals) fetchLacking(ctx context.Context, w *worktree.Worktree, need *worktree.Need, set places.Set, fo FetchOptions) (transfer.Result, error) {
	if len(need.Lacking) == 0 {
		return transfer.Result{}, nil
	}
	if fo.DryRun {
		stall, err := StallTimeout(w)
		if err != nil {
			return transfer.Result{}, err
		}
		return replicate.Plan(ctx, w.Store, need.Lacking, set.Sources(), transfer.Options{Stall: stall, Sources: fo.Jobs})
	}
	return g.Transfer(w, need.LackingSize(), func(o transfer.Options) (transfer.Result, error) {
		o.Sources = fo.Jobs
		return replicate.Chunks(ctx, w.Store, need.Lacking, set.Sources(), o)
	})
}

// Transfer calls get, which fetches chunks of so many bytes, with the person's
// settings, and shows the progress.
func (g *Globals) Transfer(w *worktree.Worktree, size int64, get func(transfer.Options) (transfer.Result, error)) (transfer.Result, error) {
	stall, err := StallTimeout(w)
	if err != nil {
		return transfer.Result{}, err
	}
	progress := g.UI.Progress("Fetching chunks", ui.Bytes, size)
	result, err := get(transfer.Options{Stall: stall, Progress: func(_ string, n int64) { progress.Add(n) }})
	progress.End(err)
	return result, err
}

// tellSource says what a place gave, and what was wrong with it.
func (g *Globals) tellSource(set places.Set, i int, s transfer.SourceResult, whole bool) {
	g.TellFailed(s, whole)
	r := sourceRecord{Name: s.Name, Kind: set.Reached()[i].Kind, Chunks: s.Chunks, Bytes: s.Bytes}
	if s.Err != nil {
		r.Error = unnamed(s.Name, s.Err)
	}
	if s.Chunks > 0 || g.UI.JSON() {
		g.UI.Info(r)
	}
}

// TellFailed says what was wrong with a source, if anything was. Where the
// result is whole that is a warning, and of a source that recovered only for
// those who want to know.
func (g *Globals) TellFailed(s transfer.SourceResult, whole bool) {
	switch {
	case s.Err == nil || whole && s.Recovered && g.Quiet:
	case whole:
		g.UI.Warnf("%s: %s", s.Name, unnamed(s.Name, s.Err))
	default:
		g.UI.Errorf("%s: %s", s.Name, unnamed(s.Name, s.Err))
	}
}

// unnamed is an error for a message that has the name already: some errors
// name the place, too.
func unnamed(name string, err error) string {
	text, before := ": "+err.Error(), ""
	for text != before {
		before, text = text, strings.ReplaceAll(text, ": "+name+": ", ": ")
	}
	return text[2:]
}

// tellOnlyGit says why places gave no more than what was pushed to them: one
// that should have git-devops may have failed.
func (g *Globals) tellOnlyGit(set places.Set) {
	for _, p := range set.Reached() {
		if p.OnlyGit != nil {
			g.UI.Errorf("%s: only git answers there: %s", p.Name, unnamed(p.Name, p.OnlyGit))
		}
	}
}

// TellUnreached says which places could not be reached, and returns how many.
func (g *Globals) TellUnreached(set places.Set) int {
	unreached := set.Unreached()
	for _, p := range unreached {
		g.UI.Errorf("%s: %s", p.Name, unnamed(p.Name, p.Err))
		if hint := hintOf(p.Err); hint != "" {
			g.UI.Hintf("%s", hint)
		}
	}
	return len(unreached)
}

// absentError says that chunks are nowhere.
type absentError struct {
	missing, lacking int
	unreached        bool
}

func (e *absentError) Error() string {
	return fmt.Sprintf("%d of %d chunks could not be had", e.missing, e.lacking)
}

// Hint says what a person can do.
func (e *absentError) Hint() string {
	if e.unreached {
		return "a place that was not reached may have them: 'git devops whereis' tells what it had"
	}
	return "'git devops whereis' tells which files need them"
}

// sourceRecord is what one place gave.
type sourceRecord struct {
	Name   string      `json:"name"`
	Kind   places.Kind `json:"kind"`
	Chunks int         `json:"chunks"`
	Bytes  int64       `json:"bytes"`
	Error  string      `json:"error,omitempty"`
}

// Type implements ui.Record.
func (sourceRecord) Type() string { return "source" }

// Text implements ui.Record.
func (r sourceRecord) Text(*ui.UI) string {
	return fmt.Sprintf("%s: %d chunks, %s", r.Name, r.Chunks, ui.Size(r.Bytes))
}

// fetchRecord adds up.
type fetchRecord struct {
	Files   int   `json:"files"`
	Chunks  int   `json:"chunks"` // that the files consist of
	Fetched int   `json:"fetched"`
	Bytes   int64 `json:"bytes"` // of content, fetched
	Missing int   `json:"missing"`
	DryRun  bool  `json:"dryRun"`
}

// Type implements ui.Record.
func (fetchRecord) Type() string { return "fetch" }

// Text implements ui.Record.
func (r fetchRecord) Text(*ui.UI) string {
	verb := "fetched"
	if r.DryRun {
		verb = "would fetch"
	}
	if r.Fetched == 0 && r.Missing == 0 {
		return fmt.Sprintf("all chunks of %d large files are here", r.Files)
	}
	return fmt.Sprintf("%s %d chunks, %s, for %d large files", verb, r.Fetched, ui.Size(r.Bytes), r.Files)
}
