// SPDX-License-Identifier: Apache-2.0

package drop

import (
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// tell says what became of each file, what was asked of whom, and all in all.
func (d *dropping) tell() {
	refused := map[chunkstore.ID]copies.Refusal{}
	for _, r := range d.result.Refused {
		refused[r.ID] = r
	}
	for _, f := range d.choice.files {
		if f.Err != nil {
			d.g.UI.Errorf("%s: %v", ui.Path(f.Path), f.Err)
			continue
		}
		r := file{Path: ui.Path(f.Path), Size: f.Manifest.Size, NumCopies: d.numCopies, Copies: d.numCopies}
		r.count(d.choice, f.Manifest, refused)
		d.g.UI.Print(r)
	}
	for _, a := range d.result.Asked {
		r := asked{Name: a.Name, Vouched: a.Vouched, Denied: a.Denied}
		if a.Err != nil {
			d.g.UI.Errorf("%s: %v", a.Name, a.Err)
			r.Error = a.Err.Error()
		}
		if r.Error == "" && a.Denied > 0 || d.g.UI.JSON() {
			d.g.UI.Info(r)
		}
	}
	d.g.UI.Info(d.sum())
}

func (d *dropping) sum() record {
	r := record{DryRun: d.o.dryRun, Forced: d.o.force}
	for _, c := range d.choice.chunks {
		switch {
		case !c.held:
		case c.shared:
			r.Shared++
			r.SharedBytes += c.length
		case c.stays:
			r.Refused++
		default:
			r.Chunks++
			r.Bytes += c.length
		}
	}
	return r
}

// A file that was chosen, and what became of its chunks.
type file struct {
	Path    ui.Path `json:"path"`
	Size    int64   `json:"size"`
	Chunks  int     `json:"chunks"` // distinct ones
	Dropped int     `json:"dropped"`
	Shared  int     `json:"shared"`  // held, and needed by other files
	Refused int     `json:"refused"` // held, and there is no proof
	Locked  int     `json:"locked"`  // held, and promised or being dropped
	// Copies is how many other copies are proved at least of each chunk that
	// is refused.
	Copies    int `json:"copies"`
	NumCopies int `json:"numCopies"`
}

func (r *file) count(c *choice, m *chunkstore.Manifest, refused map[chunkstore.ID]copies.Refusal) {
	seen := map[chunkstore.ID]bool{}
	for _, p := range m.Pieces {
		if p.Hole || seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		r.Chunks++
		switch chunk := c.chunks[p.ID]; {
		case !chunk.held:
		case chunk.shared:
			r.Shared++
		case chunk.stays:
			r.stay(refused[p.ID])
		default:
			r.Dropped++
		}
	}
}

func (r *file) stay(why copies.Refusal) {
	if why.Obstacle != (copies.Obstacle{}) {
		r.Locked++
		return
	}
	r.Refused++
	r.Copies = min(r.Copies, len(why.Vouched))
}

// Type implements ui.Record.
func (file) Type() string { return "file" }

// Text implements ui.Record.
func (r file) Text(*ui.UI) string {
	s := fmt.Sprintf("%-8s %6d of %6d  %s", r.state(), r.Dropped, r.Chunks, r.Path)
	if r.Refused > 0 {
		s += fmt.Sprintf(" (%d chunks have %d of %d other copies)", r.Refused, r.Copies, r.NumCopies)
	}
	if r.Locked > 0 {
		s += fmt.Sprintf(" (%d chunks are locked)", r.Locked)
	}
	return s
}

func (r file) state() string {
	switch {
	case r.Refused+r.Locked > 0 && r.Dropped == 0:
		return "kept"
	case r.Refused+r.Locked > 0:
		return "partly"
	case r.Dropped > 0:
		return "dropped"
	case r.Shared > 0:
		return "shared"
	}
	return "absent"
}

// asked is what a peer or a store said.
type asked struct {
	Name    string `json:"name"`
	Vouched int    `json:"vouched"`
	Denied  int    `json:"denied"`
	Error   string `json:"error,omitempty"`
}

// Type implements ui.Record.
func (asked) Type() string { return "asked" }

// Text implements ui.Record.
func (r asked) Text(*ui.UI) string {
	return fmt.Sprintf("%s: has %d of %d chunks", r.Name, r.Vouched, r.Vouched+r.Denied)
}

// record adds up.
type record struct {
	Chunks      int   `json:"chunks"` // dropped
	Bytes       int64 `json:"bytes"`
	Shared      int   `json:"shared"`
	SharedBytes int64 `json:"sharedBytes"`
	Refused     int   `json:"refused"`
	DryRun      bool  `json:"dryRun"`
	Forced      bool  `json:"forced"`
}

// Type implements ui.Record.
func (record) Type() string { return "drop" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	verb := "dropped"
	if r.DryRun {
		verb = "would drop"
	}
	s := fmt.Sprintf("%s %d chunks", verb, r.Chunks)
	if r.Bytes > 0 {
		s += fmt.Sprintf(", %s", ui.Size(r.Bytes))
	}
	if r.Shared > 0 {
		s += fmt.Sprintf("; %d chunks, %s, stay because other files need them", r.Shared, ui.Size(r.SharedBytes))
	}
	return s
}
