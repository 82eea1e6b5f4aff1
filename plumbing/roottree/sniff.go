// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A file is large when its blob is a manifest. Attributes do not tell: one line
// that is lost in a merge would put manifests in the place of programs.

// Recall has fn called before a tree's blobs are read to find out which are
// manifests, once: those need not be read that it tells of. What a blob is
// never changes.
func (l *Loader) Recall(fn func(know func(blob chunkstore.ID, manifest bool))) {
	l.recall = func() {
		fn(func(blob chunkstore.ID, manifest bool) { l.large[blob] = manifest })
	}
}

// sniff finds out which blobs are manifests, in d and below it.
func (l *Loader) sniff(d *dir) error {
	if l.recall != nil {
		l.recall()
		l.recall = nil
	}
	unknown := l.unknown(d, nil)
	if err := l.look(unknown); err != nil {
		return err
	}
	l.mark(d)
	return nil
}

// unknown lists, once each, the blobs that have not been looked into.
func (l *Loader) unknown(d *dir, ids []chunkstore.ID) []chunkstore.ID {
	if d.sniffed {
		return ids
	}
	for i := range d.entries {
		e := &d.entries[i]
		if e.dir != nil {
			ids = l.unknown(e.dir, ids)
			continue
		}
		if _, known := l.large[e.id]; !known && e.isFile() {
			l.large[e.id] = false
			ids = append(ids, e.id)
		}
	}
	return ids
}

// look looks into blobs, on all cores: there are many, and they are small.
func (l *Loader) look(ids []chunkstore.ID) error {
	large := make([]bool, len(ids))
	var next atomic.Int64
	var g errgroup.Group
	for range min(runtime.GOMAXPROCS(0), 1+len(ids)/64) {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(ids) {
					return nil
				}
				var err error
				if _, large[i], err = l.repo.Manifest(ids[i]); err != nil {
					return err
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		for _, id := range ids {
			delete(l.large, id)
		}
		return err
	}
	for i, id := range ids {
		l.large[id] = large[i]
	}
	return nil
}

// mark enters what look has found.
func (l *Loader) mark(d *dir) {
	if d.sniffed {
		return
	}
	for i := range d.entries {
		if e := &d.entries[i]; e.dir != nil {
			l.mark(e.dir)
		} else {
			e.large = e.isFile() && l.large[e.id]
		}
	}
	d.sniffed = true
}

func (e *entry) isFile() bool { return e.mode == repo.ModeFile || e.mode == repo.ModeExecutable }
