// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"os"
	"testing"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Whatever is done to a path after it was looked at, the change is refused and
// what is there stays.
func TestChangedMeanwhile(t *testing.T) {
	meanwhile := map[string]func(t *testing.T, path string){
		"written": func(t *testing.T, path string) { write(t, path, "newer") },
		"same size": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			must(t, err)
			write(t, path, "OLD")
			must(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
		},
		"replaced": func(t *testing.T, path string) {
			write(t, path+"~", "old")
			must(t, os.Rename(path+"~", path))
		},
		"mode":    func(t *testing.T, path string) { must(t, os.Chmod(path, 0o600)) },
		"removed": func(t *testing.T, path string) { must(t, os.Remove(path)) },
		"directory": func(t *testing.T, path string) {
			must(t, os.Remove(path))
			mkdir(t, path)
		},
	}
	for name, change := range meanwhile {
		t.Run(name, func(t *testing.T) {
			exchanges(t, func(t *testing.T, r *Root, dir string) {
				write(t, dir+"/p", "old")
				live := seen(t, r, "p")
				b := begin(t, r)
				must(t, b.Stage("p", file("new")))
				change(t, dir+"/p")
				now := seen(t, r, "p")
				_, err := b.Rename("p", live)
				wantChanged(t, err)
				wantChanged(t, b.Remove("p", *live))
				_, err = b.Mkdir("p", directory(), live)
				wantChanged(t, err)
				must(t, b.Close())
				if after := seen(t, r, "p"); (now == nil) != (after == nil) || now != nil && *now != *after {
					t.Errorf("was %v, is %v", now, after)
				}
			})
		})
	}
}

func wantChanged(t *testing.T, err error) {
	t.Helper()
	var changed *ChangedError
	if !errors.As(err, &changed) {
		t.Errorf("error is %v, want a ChangedError", err)
	}
}

func TestAppearedMeanwhile(t *testing.T) {
	exchanges(t, func(t *testing.T, r *Root, dir string) {
		b := begin(t, r)
		must(t, b.Stage("p", file("new")))
		write(t, dir+"/p", "unmanaged")
		_, err := b.Rename("p", nil)
		wantChanged(t, err)
		_, err = b.Mkdir("p", directory(), nil)
		wantChanged(t, err)
		must(t, b.Close())
		wantTree(t, dir, "p")
		if got := content(t, dir+"/p"); got != "unmanaged" {
			t.Errorf("content %q", got)
		}
	})
}

// The name is exchanged right before the rename: too late for the first look.
// What was displaced is given back.
func TestDisplacedIsLookedAt(t *testing.T) {
	r, dir, _ := newRoot(t)
	write(t, dir+"/p", "precious")
	live := seen(t, r, "p")
	other := *live
	other.Ino++
	b := begin(t, r)
	must(t, b.Stage("p", file("new")))
	staged := temporaryName("test", b.staged["p"].n)
	must(t, b.in("p", func(d *cachedDir, name string) error {
		must(t, b.root.exchange(d.fd, staged, name))
		wantChanged(t, b.drop(d, "p", staged, &other))
		return b.root.exchange(d.fd, staged, name)
	}))
	if got := content(t, dir+"/p"); got != "precious" {
		t.Errorf("content %q", got)
	}
}

// While a program saves its file as editors do, each save is either seen or
// kept.
func TestRaceWithEditor(t *testing.T) {
	r, dir, _ := newRoot(t)
	write(t, dir+"/p", "first")
	done := make(chan struct{})
	edited := make(chan struct{})
	go func() {
		defer close(edited)
		for {
			select {
			case <-done:
				return
			default:
			}
			if os.WriteFile(dir+"/p~", []byte("edit"), 0o644) != nil || os.Rename(dir+"/p~", dir+"/p") != nil {
				t.Error("cannot edit")
				return
			}
		}
	}()
	b := begin(t, r)
	var changed *ChangedError
	for range 500 {
		must(t, b.Stage("p", file("ours")))
		live := seen(t, r, "p")
		_, err := b.Rename("p", live)
		if errors.As(err, &changed) {
			must(t, b.Close())
			b = begin(t, r)
		} else {
			must(t, err)
		}
	}
	close(done)
	<-edited
	must(t, b.Close())
	wantTree(t, dir, "p")
}

// Somebody who replaces the path again, just when it is to be put back, has
// the newest.
func TestPutBack(t *testing.T) {
	r, dir, _ := newRoot(t)
	write(t, dir+"/p", "ours")
	write(t, dir+"/temporary", "older")
	b := begin(t, r)
	ours := inodeOf(seen(t, r, "p"))
	d, err := b.dirs.acquire(node.RootPath)
	must(t, err)
	defer b.dirs.release(d)
	must(t, b.putBack(d, "p", "temporary", ours))
	if got := content(t, dir+"/p"); got != "older" {
		t.Errorf("put back is %q", got)
	}
	write(t, dir+"/newest", "newest")
	must(t, os.Rename(dir+"/newest", dir+"/p"))
	write(t, dir+"/temporary", "older")
	must(t, b.putBack(d, "p", "temporary", ours))
	if got := content(t, dir+"/p"); got != "newest" {
		t.Errorf("of two that others put there, %q stays", got)
	}
}
