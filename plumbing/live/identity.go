// SPDX-License-Identifier: Apache-2.0

package live

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// An Identity is what lstat says of a file. While it stays the same, and is
// older than the look that it is from, so do content and metadata: the kernel
// sets the time of change at each change, and no program can set it.
type Identity struct {
	Dev, Ino     uint64
	Mode, Nlink  uint32
	UID, GID     uint32
	Rdev         uint64
	Size         int64
	Mtime, Ctime Time
}

// A Time is a point in time since 1970 as file systems store it.
type Time struct {
	Sec  int64
	Nsec uint32
}

// IdentityOf takes from an lstat what makes a file's identity.
func IdentityOf(st *unix.Stat_t) Identity {
	return Identity{
		Dev: st.Dev, Ino: st.Ino, Mode: st.Mode, Nlink: uint32(st.Nlink), UID: st.Uid, GID: st.Gid,
		Rdev: st.Rdev, Size: st.Size,
		Mtime: Time{st.Mtim.Sec, uint32(st.Mtim.Nsec)},
		Ctime: Time{st.Ctim.Sec, uint32(st.Ctim.Nsec)},
	}
}

// Now is the time that a change made now is stamped with, or an earlier one.
func Now() Time {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &ts) != nil {
		return Time{} // then nothing is older
	}
	return Time{ts.Sec, uint32(ts.Nsec)}
}

func (t Time) before(u Time) bool {
	return t.Sec < u.Sec || t.Sec == u.Sec && t.Nsec < u.Nsec
}

// coarse is the step of the coarsest clock that a file system has: FAT's,
// seconds.
const coarse = 2

// settled tells whether a file that was last changed as id says, and looked at
// no earlier than at since, would show each change made after that look. One
// made at a later time does; one within the same tick of the clock may not.
func (id *Identity) settled(since Time) bool {
	changed := id.Ctime
	if changed.Nsec == 0 {
		changed.Sec += coarse // it may be a clock of seconds
	}
	return changed.before(since)
}

// identitySize is the length of an encoded identity, bytes.
const identitySize = 72

func (id *Identity) appendTo(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint64(b, id.Dev)
	b = le.AppendUint64(b, id.Ino)
	b = le.AppendUint32(b, id.Mode)
	b = le.AppendUint32(b, id.Nlink)
	b = le.AppendUint32(b, id.UID)
	b = le.AppendUint32(b, id.GID)
	b = le.AppendUint64(b, id.Rdev)
	b = le.AppendUint64(b, uint64(id.Size))
	for _, t := range []Time{id.Mtime, id.Ctime} {
		b = le.AppendUint64(b, uint64(t.Sec))
		b = le.AppendUint32(b, t.Nsec)
	}
	return b
}

// decodeIdentity reads the first identitySize bytes of b.
func decodeIdentity(b []byte) Identity {
	le := binary.LittleEndian
	_ = b[identitySize-1]
	return Identity{
		Dev: le.Uint64(b), Ino: le.Uint64(b[8:]),
		Mode: le.Uint32(b[16:]), Nlink: le.Uint32(b[20:]),
		UID: le.Uint32(b[24:]), GID: le.Uint32(b[28:]),
		Rdev: le.Uint64(b[32:]), Size: int64(le.Uint64(b[40:])),
		Mtime: Time{int64(le.Uint64(b[48:])), le.Uint32(b[56:])},
		Ctime: Time{int64(le.Uint64(b[60:])), le.Uint32(b[68:])},
	}
}
