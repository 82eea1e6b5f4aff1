// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

var ids = []int{0, 0, 0, 33, 8, 70000, 12345, 1 << 30}

// dress gives a path an owner, a mode and extended attributes.
func (t *tree) dress(path string) error {
	st, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if t.IntN(3) == 0 {
		if err := os.Lchown(path, ids[t.IntN(len(ids))], ids[t.IntN(len(ids))]); err != nil {
			return err
		}
	}
	if st.Mode()&os.ModeSymlink == 0 && t.IntN(2) == 0 {
		if err := unix.Chmod(path, t.mode()); err != nil {
			return err
		}
	}
	for range t.IntN(3) {
		if err := t.xattr(path, st.Mode()); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) mode() uint32 {
	usual := []uint32{0o644, 0o755, 0o600, 0o400, 0, 0o777, 0o4755, 0o2755, 0o1777, 0o6711, 0o3770}
	if t.IntN(4) > 0 {
		return usual[t.IntN(len(usual))]
	}
	return t.Uint32N(0o10000)
}

// xattr sets an extended attribute that the kind of file can have.
func (t *tree) xattr(path string, mode os.FileMode) error {
	plain := mode.IsRegular() || mode.IsDir()
	var name string
	var value []byte
	switch k := t.IntN(6); {
	case k == 0 && mode.IsRegular():
		name, value = "security.capability", t.capability()
	case k == 1 && mode&os.ModeSymlink == 0:
		name, value = "system.posix_acl_access", t.acl()
	case k == 2 && mode.IsDir():
		name, value = "system.posix_acl_default", t.acl()
	case k == 3 || !plain:
		name, value = "trusted."+t.label(), t.bytes(t.IntN(40))
	default:
		name, value = "user."+t.label(), t.bytes(t.IntN(200))
	}
	if t.IntN(4) == 0 {
		if err := unix.Lremovexattr(path, name); !errors.Is(err, unix.ENODATA) {
			return err
		}
	}
	return unix.Lsetxattr(path, name, value, 0)
}

func (t *tree) label() string {
	labels := []string{"a", "b", "overlay.opaque", "with space", "=", "\xff", "ü"}
	return labels[t.IntN(len(labels))]
}

// capability is a struct vfs_cap_data of revision 2.
func (t *tree) capability() []byte {
	b := make([]byte, 20)
	binary.LittleEndian.PutUint32(b, 0x02000001)
	binary.LittleEndian.PutUint32(b[4:], 1<<t.IntN(32))
	return b
}

// acl is a struct posix_acl_xattr_header with its entries.
func (t *tree) acl() []byte {
	const user, group, none = 0x02, 0x08, 0xffffffff
	b := binary.LittleEndian.AppendUint32(nil, 2)
	entry := func(tag uint16, id uint32) {
		b = binary.LittleEndian.AppendUint16(b, tag)
		b = binary.LittleEndian.AppendUint16(b, uint16(t.IntN(8)))
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	entry(0x01, none)
	entry(user, 33)
	if t.IntN(2) == 0 {
		entry(user, 70000)
	}
	entry(0x04, none)
	if t.IntN(2) == 0 {
		entry(group, 8)
	}
	entry(0x10, none)
	entry(0x20, none)
	return b
}

// date gives a path a time of the past, some of them odd.
func (t *tree) date(path string) error {
	sec := int64(1_000_000_000 + t.IntN(700_000_000))
	switch t.IntN(20) {
	case 0:
		sec = 0
	case 1:
		sec = -1 - t.Int64N(1_000_000)
	case 2:
		sec = 1<<31 + t.Int64N(1_000_000)
	}
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, {Sec: sec, Nsec: t.Int64N(1_000_000_000)}}
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, times, unix.AT_SYMLINK_NOFOLLOW)
}
