// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/offer"
)

// rests are the locks by path that a killed git fetch may have left: which
// file each is, and whether somebody goes on with it.
type rests map[string]struct {
	inode   uint64
	size    int64
	changed int64 // ns since 1970
}

const (
	// untouched is how long a lock has not changed when nobody is at work: as
	// long as git itself waits for one at most, core.packedRefsTimeout.
	untouched = time.Second
	// looks is how often it is tried to see that.
	looks = 3
)

// clearRests removes the locks that a killed git fetch has left, and its marks
// at packs. (Halves of packs and objects go with git gc.)
//
// Locks are known by their place, where fetches write; by their time, since
// the fetch had begun; and by not changing: a living fetch has a ref locked for
// less than a millisecond.
func clearRests(ctx context.Context, g git.Runner, commonDir string, begun time.Time) error {
	if err := clearKeeps(commonDir); err != nil {
		return err
	}
	refs, err := fetched(ctx, g)
	if err != nil {
		return err
	}
	var before rests
	for range looks {
		now, err := locksIn(commonDir, refs, begun)
		if err != nil || len(now) == 0 {
			return err
		}
		if maps.Equal(before, now) {
			return now.remove()
		}
		before = now
		if err := pause(ctx, untouched); err != nil {
			return err
		}
	}
	return nil // somebody is at work: git will say so
}

// fetched returns which refs git fetch writes: each is a ref, or with a slash
// at its end the beginning of some.
func fetched(ctx context.Context, g git.Runner) ([]string, error) {
	refs := []string{"refs/tags/", offer.TakenRefs}
	args := []string{"config", "-z", "--get-regexp", `^remote\..*\.fetch$`}
	err := g.Stream(ctx, nil, args, func(record []byte) error {
		_, spec, _ := strings.Cut(string(record), "\n")
		_, ref, _ := strings.Cut(spec, ":")
		if fixed, _, pattern := strings.Cut(ref, "*"); pattern {
			ref = fixed[:strings.LastIndexByte(fixed, '/')+1]
		}
		if strings.HasPrefix(ref, "refs/") {
			refs = append(refs, ref)
		}
		return nil
	})
	if git.ExitCode(err) == 1 { // there is no such key
		err = nil
	}
	return refs, err
}

// locksIn returns the locks of these refs, and of what else git fetch locks,
// that were made since begun.
func locksIn(commonDir string, refs []string, begun time.Time) (rests, error) {
	found := rests{}
	add := func(path string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !strings.HasSuffix(path, ".lock") && filepath.Base(path) != "packed-refs.new" {
			return err
		}
		return found.add(path, begun)
	}
	names := []string{"packed-refs.lock", "packed-refs.new", "shallow.lock"}
	for _, ref := range refs {
		if !strings.HasSuffix(ref, "/") {
			ref += ".lock"
		}
		names = append(names, ref)
	}
	for _, name := range names {
		if err := filepath.WalkDir(filepath.Join(commonDir, name), add); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// add adds a file made since begun. One with two names is a lock of our own.
func (r rests) add(path string, begun time.Time) error {
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	changed := st.Ctim.Nano()
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Nlink != 1 || changed < begun.UnixNano() {
		return nil
	}
	rest := r[path]
	rest.inode, rest.size, rest.changed = st.Ino, st.Size, changed
	r[path] = rest
	return nil
}

func (r rests) remove() error {
	for path := range r {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// clearKeeps removes the marks of dead fetches at packs whose refs they had
// still to write: git gc would keep these packs for good.
func clearKeeps(commonDir string) error {
	paths, err := filepath.Glob(filepath.Join(commonDir, "objects", "pack", "pack-*.keep"))
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	for _, path := range paths {
		if text, err := os.ReadFile(path); err != nil || !byDead(string(text), host) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// byDead tells whether a mark is that of a git fetch on this host that runs no
// more.
func byDead(mark, host string) bool {
	var pid int
	var where string
	n, _ := fmt.Sscanf(mark, "fetch-pack %d on %s", &pid, &where)
	return n == 2 && pid > 0 && where == host && !alive(pid)
}

// alive tells whether a process runs: one that nobody has waited for does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return unix.Kill(pid, 0) != unix.ESRCH
	}
	_, state, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
	return !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}
