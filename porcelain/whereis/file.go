// SPDX-License-Identifier: Apache-2.0

package whereis

import (
	"fmt"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A file is one large file with its copies.
type file struct {
	Path      ui.Path `json:"path"`
	Size      int64   `json:"size"`
	Chunks    int     `json:"chunks"` // distinct ones
	Copies    int     `json:"copies"` // of the chunk that has the fewest
	NumCopies int     `json:"numCopies"`
	Places    []part  `json:"places"`
}

// A part is what one place has of a file.
type part struct {
	Name   string      `json:"name"`
	Kind   places.Kind `json:"kind"`
	Chunks int         `json:"chunks"`
	Live   bool        `json:"live"` // it was asked just now
	Seen   *time.Time  `json:"seen,omitempty"`
}

func newFile(f worktree.LargeFile, holders []*holder, numCopies int) file {
	r := file{Path: ui.Path(f.Path), Size: f.Manifest.Size, Chunks: f.Chunks, NumCopies: numCopies}
	copies := map[chunkstore.ID]int{}
	for _, p := range f.Manifest.Pieces {
		if !p.Hole {
			copies[p.ID] = 0
		}
	}
	for _, h := range holders {
		p := part{Name: h.name, Kind: h.kind, Live: h.seen.IsZero()}
		if !p.Live {
			p.Seen = &h.seen
		}
		for id := range copies {
			if h.has[id] {
				copies[id]++
				p.Chunks++
			}
		}
		if p.Chunks > 0 {
			r.Places = append(r.Places, p)
		}
	}
	r.Copies = len(holders) // of a file without chunks
	for _, n := range copies {
		r.Copies = min(r.Copies, n)
	}
	return r
}

// Type implements ui.Record.
func (file) Type() string { return "file" }

// Text implements ui.Record.
func (f file) Text(u *ui.UI) string {
	copies := fmt.Sprintf("%d copies", f.Copies)
	if f.Copies == 1 {
		copies = "1 copy"
	}
	copies = fmt.Sprintf("%-10s", copies)
	if f.Copies < f.NumCopies {
		copies = u.Paint(ui.Red, copies)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %9s  %s", copies, ui.Size(f.Size), f.Path)
	for _, p := range f.Places {
		fmt.Fprintf(&b, "\n    %-12s  %s", p.Name, p.text(f.Chunks))
	}
	return b.String()
}

func (p part) text(of int) string {
	text := "all"
	if p.Chunks < of {
		text = fmt.Sprintf("%d of %d chunks", p.Chunks, of)
	}
	if p.Seen != nil {
		text += ", when last seen on " + p.Seen.Local().Format("2006-01-02 15:04")
	}
	return text
}
