// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// Stat is what the index remembers of a file, by which git knows without
// reading it that it has not changed. All numbers are cut to their low 32
// bits, as git stores them.
type Stat struct {
	CtimeSec, CtimeNsec uint32
	MtimeSec, MtimeNsec uint32
	Dev, Ino            uint32
	UID, GID            uint32
	Size                uint32
}

// StatOf cuts the result of an lstat to what the index stores.
func StatOf(st *syscall.Stat_t) Stat {
	return Stat{
		CtimeSec: uint32(st.Ctim.Sec), CtimeNsec: uint32(st.Ctim.Nsec),
		MtimeSec: uint32(st.Mtim.Sec), MtimeNsec: uint32(st.Mtim.Nsec),
		Dev: uint32(st.Dev), Ino: uint32(st.Ino),
		UID: st.Uid, GID: st.Gid,
		Size: sizeOf(st.Size),
	}
}

// sizeOf cuts a size as git does since 2.43: a multiple of 4 GiB must not look
// like the 0 that marks an entry whose file has to be read. Earlier versions
// of git read such a file every time.
func sizeOf(size int64) uint32 {
	if size != 0 && uint32(size) == 0 {
		return 1 << 31
	}
	return uint32(size)
}

// Entry is one path of the index.
type Entry struct {
	Path string // slash-separated bytes, not necessarily UTF-8
	Mode uint32
	ID   chunkstore.ID
	Stat Stat
	// Stage is 0, or 1 to 3 for the base, our and their side of a conflict.
	Stage        int
	IntentToAdd  bool
	SkipWorktree bool
	AssumeValid  bool
}

// Index is what an index file held when it was read.
type Index struct {
	// Entries are sorted by path, byte by byte, then by stage.
	Entries []Entry
	// Mtime is that of the index file, zero when there was none.
	Mtime time.Time

	version uint32
	tree    []byte // the cached-tree extension
	undo    []byte // the resolve-undo extension
}

// Matches says whether a file whose lstat gives st is certainly the one that
// the entry was made from. The answer is no, as git's is, when the file was
// modified in the second of the index's own modification or later, because it
// may have changed again within that second. Device numbers are not compared:
// they change from boot to boot. The entry's mode and AssumeValid are the
// caller's to look at.
func (e Entry) Matches(st Stat, indexMtime time.Time) bool {
	old := e.Stat
	if !sameTime(old.MtimeNsec, st.MtimeNsec) || !sameTime(old.CtimeNsec, st.CtimeNsec) {
		return false
	}
	old.MtimeNsec, old.CtimeNsec, old.Dev = st.MtimeNsec, st.CtimeNsec, st.Dev
	return old == st && !e.racy(indexMtime)
}

// Resembles is Matches for where certainty is not needed: what only may have
// changed has not, also when git has set its size to 0 to say so.
func (e Entry) Resembles(st Stat) bool {
	if e.Stat.Size == 0 {
		e.Stat.Size = st.Size
	}
	return e.Matches(st, time.Time{})
}

// sameTime compares nanoseconds where the index has any: not every program
// that writes indexes stores them.
func sameTime(stored, now uint32) bool {
	return stored == 0 || stored == now
}

// racy says whether the file may have changed after it was entered, without
// its times telling.
func (e Entry) racy(indexMtime time.Time) bool {
	return !indexMtime.IsZero() && e.Stat.MtimeSec >= uint32(indexMtime.Unix())
}

// Find returns the position of a path's first entry, or where it would be.
func (x *Index) Find(path string) (int, bool) {
	return slices.BinarySearchFunc(x.Entries, path, func(e Entry, path string) int {
		return strings.Compare(e.Path, path)
	})
}

func compareEntries(a, b *Entry) int {
	if c := strings.Compare(a.Path, b.Path); c != 0 {
		return c
	}
	return a.Stage - b.Stage
}
