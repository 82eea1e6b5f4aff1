// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
)

const (
	// batchBytes is about how much content one git push carries. What it
	// carried is there for good, however the next one ends.
	batchBytes = 256 << 20
	// batchRefs bounds the refs of one git push: they are its arguments.
	batchRefs = 1000
)

// Needed is a manifest that commits to be pushed have.
type Needed struct {
	ID   chunkstore.ID
	Path string // one that it stands at
}

// PushOptions say how Push goes about it.
type PushOptions struct {
	// Progress, unless nil, gets what git says about its progress.
	Progress io.Writer
	// BatchBytes is about how much content goes into one git push, 0 for a
	// sensible number. Whoever resumes a push must use the same.
	BatchBytes int64
}

// Pushed says what Push did.
type Pushed struct {
	Manifests int   `json:"manifests"` // that the server lacked
	Chunks    int   `json:"chunks"`    // that were sent
	Bytes     int64 `json:"bytes"`     // of their content
	// Unread are manifests of another version, whose chunks are not known.
	Unread []Needed `json:"-"`
}

// AbsentError says that chunks which a server needs are neither here nor there.
type AbsentError struct {
	Server string
	Files  []Needed // some of those that have such chunks
	More   int      // how many others there are
}

// Error names server, paths and manifests.
func (e *AbsentError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "chunks are neither here nor on %s:", e.Server)
	for _, f := range e.Files {
		fmt.Fprintf(&b, "\n  %q, manifest %s", f.Path, f.ID)
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n  and %d more", e.More)
	}
	return b.String()
}

// maxAbsent bounds the files that an AbsentError names.
const maxAbsent = 10

// A Holder tells which chunks are here: nil, or a *chunkstore.MissingError.
type Holder interface {
	Present(id chunkstore.ID) error
}

// Push brings to the server the chunks of those manifests that it lacks, and
// nothing that it has. When it returns nil, each has its ref there.
//
// The error is an *AbsentError, before anything is sent, when chunks are
// nowhere. A push that was interrupted is resumed by the next.
func (s *Server) Push(ctx context.Context, here Holder, needed []Needed, o PushOptions) (Pushed, error) {
	if o.BatchBytes == 0 {
		o.BatchBytes = batchBytes
	}
	there, err := s.list(ctx)
	if err != nil {
		return Pushed{}, err
	}
	p := &plan{server: s, here: here, there: there, partBytes: o.BatchBytes, chunks: map[chunkstore.ID]bool{}}
	if err := p.lacking(ctx, needed); err != nil || len(p.lacks) == 0 {
		return p.result, err
	}
	scratch, err := newScratch(s.Repo, s.Git, true)
	if err != nil {
		return p.result, err
	}
	defer scratch.remove()
	if err := p.make(ctx, scratch); err != nil {
		return Pushed{}, err
	}
	for _, batch := range batches(p.units, o.BatchBytes) {
		if err := s.send(ctx, scratch, batch, o.Progress); err != nil {
			return Pushed{}, fmt.Errorf("push chunks to %s: %w", s.Name, err)
		}
	}
	s.dropParts(ctx, scratch, p)
	return p.result, nil
}

// batches divides units, in order, into pushes.
func batches(units []unit, limit int64) [][]unit {
	var all [][]unit
	for len(units) > 0 {
		n, bytes := 1, units[0].bytes
		for n < len(units) && n < batchRefs && bytes+units[n].bytes <= limit {
			bytes += units[n].bytes
			n++
		}
		all = append(all, units[:n])
		units = units[n:]
	}
	return all
}

// send makes one git push. Where another machine has made some of the refs
// meanwhile, it goes on with the rest.
func (s *Server) send(ctx context.Context, at *scratch, units []unit, progress io.Writer) error {
	for {
		var refspecs []string
		for _, u := range units {
			refspecs = append(refspecs, u.refspec())
		}
		err := s.push(ctx, at, refspecs, progress)
		if err == nil || ctx.Err() != nil {
			return err
		}
		there, listErr := s.list(ctx)
		if listErr != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(units), func(u unit) bool { return there.has(u) })
		if len(left) == 0 {
			return nil
		}
		if len(left) == len(units) {
			return err
		}
		units = left
	}
}

func (s *Server) push(ctx context.Context, at *scratch, refspecs []string, progress io.Writer) error {
	args := []string{"push", "-q", "--no-verify"}
	g := at.git
	if progress != nil {
		args = append(args, "--progress")
		g.Stderr = progress
	}
	if s.ReceivePack != "" {
		args = append(args, "--receive-pack="+s.ReceivePack)
	}
	_, err := g.Run(ctx, nil, append(append(args, "--", s.URL), refspecs...)...)
	return err
}

// dropParts removes the refs of parts whose manifests have theirs. Where the
// server does not let them be removed they do no harm.
func (s *Server) dropParts(ctx context.Context, at *scratch, p *plan) {
	var refspecs []string
	for ref := range p.there.parts {
		refspecs = append(refspecs, ":"+ref)
	}
	for _, u := range p.units {
		if strings.HasPrefix(u.ref, PartRefs) {
			refspecs = append(refspecs, ":"+u.ref)
		}
	}
	refspecs = slices.DeleteFunc(refspecs, func(r string) bool { return !p.complete(r[1:]) })
	slices.Sort(refspecs)
	for batch := range slices.Chunk(slices.Compact(refspecs), batchRefs) {
		_ = s.push(ctx, at, batch, nil)
	}
}
