// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// acl grants rw- to a user, in the kernel's form, with the mode 0660.
func acl(uid uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{1, 6, ^uint32(0)}, {2, 6, uid}, {4, 6, ^uint32(0)}, {16, 6, ^uint32(0)}, {32, 0, ^uint32(0)}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

// capability is cap_net_raw=ep.
var capability = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// everyAspect wants what earlier steps must not undo.
func everyAspect(t node.Type) Want {
	w := special(t)
	w.UID, w.GID = nobody, nobody
	w.Node.Mtime = &node.Mtime{Sec: 1_000_000_000, Nsec: 123456789}
	if t == node.Symlink {
		w.Target = "away"
		w.Node.Xattrs = []node.Xattr{{Name: "trusted.a", Value: "1"}}
		return w
	}
	w.Node.Perm = 0o6770
	w.Node.Xattrs = []node.Xattr{{Name: "trusted.a", Value: "1"}}
	switch t {
	case node.File:
		w.Node.Perm = 0o6660
		w.Node.Xattrs = []node.Xattr{
			{Name: "security.capability", Value: capability},
			{Name: "system.posix_acl_access", Value: string(acl(1))},
			{Name: "trusted.a", Value: "1"},
			{Name: "user.empty"},
		}
	case node.Dir:
		w.Node.Xattrs = append([]node.Xattr{
			{Name: "system.posix_acl_default", Value: string(acl(1))}}, w.Node.Xattrs...)
	}
	return w
}

// wantNode compares what is there with what was wanted.
func wantNode(t *testing.T, r *Root, path string, w Want) {
	t.Helper()
	info := seen(t, r, path)
	got := Want{UID: info.Uid, GID: info.Gid, Node: node.Node{
		Type: typeOf(info), Perm: info.Mode & 0o7777, Xattrs: xattrs(t, r, path),
	}}
	if w.Node.Mtime != nil {
		got.Node.Mtime = &node.Mtime{Sec: info.Mtim.Sec, Nsec: uint32(info.Mtim.Nsec)}
	}
	if got.Node.Type == node.Char || got.Node.Type == node.Block {
		got.Node.Device = node.Device{Major: unix.Major(info.Rdev), Minor: unix.Minor(info.Rdev)}
	}
	want := Want{UID: w.UID, GID: w.GID, Node: w.Node}
	want.Node.Owner, want.Node.Group = "", "" // UID and GID count
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}

var allTypes = []node.Type{node.File, node.Dir, node.Symlink, node.Fifo, node.Char, node.Block}

func TestMetadataOfNew(t *testing.T) {
	asRoot(t)
	r, _, _ := newRoot(t)
	b := begin(t, r)
	for _, typ := range allTypes {
		w, path := everyAspect(typ), string(typ)
		if typ == node.Dir {
			_, err := b.Mkdir(path, w, nil)
			must(t, err)
		} else {
			must(t, put(t, b, path, w))
		}
		wantNode(t, r, path, w)
	}
	must(t, b.Finish())
}

func TestSetMetadata(t *testing.T) {
	asRoot(t)
	r, dir, _ := newRoot(t)
	b := begin(t, r)
	for _, typ := range allTypes {
		path, plain := string(typ), special(typ)
		plain.Target = "away"
		if typ == node.Dir {
			mkdir(t, dir+"/"+path)
		} else {
			must(t, put(t, b, path, plain))
		}
		before := seen(t, r, path)
		w := everyAspect(typ)
		after, err := b.SetMetadata(path, w, node.Metadata, *before)
		must(t, err)
		wantNode(t, r, path, w)
		if now := seen(t, r, path); *now != after || now.Ino != before.Ino {
			t.Errorf("%s: the stat is not what SetMetadata returned", path)
		}
		// Back again: what is not wanted is removed.
		plain.Node.Mtime = &node.Mtime{Sec: 1}
		_, err = b.SetMetadata(path, plain, node.Metadata, after)
		must(t, err)
		wantNode(t, r, path, plain)
	}
	must(t, b.Finish())
}

func TestSetMetadataOfTheRoot(t *testing.T) {
	asRoot(t)
	r, _, _ := newRoot(t)
	b := begin(t, r)
	w := everyAspect(node.Dir)
	_, err := b.SetMetadata(".", w, node.Metadata, *seen(t, r, "."))
	must(t, err)
	must(t, b.Finish())
	wantNode(t, r, ".", w)
}

// A new owner alone keeps what the kernel would take from the file.
func TestSetOwnerAlone(t *testing.T) {
	asRoot(t)
	r, _, _ := newRoot(t)
	b := begin(t, r)
	w := everyAspect(node.File)
	must(t, put(t, b, "p", w))
	w.UID = 1
	_, err := b.SetMetadata("p", w, node.AspectOwner, *seen(t, r, "p"))
	must(t, err)
	wantNode(t, r, "p", w)
}

func TestSetOneAspect(t *testing.T) {
	asRoot(t)
	r, _, _ := newRoot(t)
	b := begin(t, r)
	was := file("")
	must(t, put(t, b, "p", was))
	w := everyAspect(node.File)
	_, err := b.SetMetadata("p", w, node.AspectGroup, *seen(t, r, "p"))
	must(t, err)
	if info := seen(t, r, "p"); info.Uid != 0 || info.Gid != nobody {
		t.Errorf("owners %d, %d", info.Uid, info.Gid)
	}
}

func TestSetMetadataOfChanged(t *testing.T) {
	r, dir, _ := newRoot(t)
	write(t, dir+"/p", "old")
	live := seen(t, r, "p")
	write(t, dir+"/p", "older")
	b := begin(t, r)
	var changed *ChangedError
	if _, err := b.SetMetadata("p", file(""), node.Metadata, *live); !errors.As(err, &changed) {
		t.Errorf("SetMetadata = %v, want a ChangedError", err)
	}
}

// The type at a path is not opened to be changed: a fifo would block, a device
// might do something.
func TestSetMetadataOpensNoDevice(t *testing.T) {
	asRoot(t)
	r, dir, _ := newRoot(t)
	// No driver has this number: opening it fails with ENXIO.
	must(t, unix.Mknod(dir+"/none", unix.S_IFCHR|0o600, int(unix.Mkdev(250, 250))))
	b := begin(t, r)
	w := special(node.Char)
	w.Node.Perm = 0o640
	_, err := b.SetMetadata("none", w, node.AspectMode, *seen(t, r, "none"))
	must(t, err)
}
