// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	tmpPrefix = "git-devops-tmp-"
	// Without kernel locks a file of this age is a dead writer's: nobody
	// takes so long for some chunks, and who does fails to rename it.
	abandoned = 24 * time.Hour
)

// A temp is a file that has not got its name yet. The kernel's lock on it says
// that its writer lives.
type temp struct {
	d    *Dir
	f    *os.File
	name string // below the root; "" once it is renamed
}

// temp writes a new file; it is not durable yet.
func (d *Dir) temp(body []byte) (*temp, error) {
	t, err := d.create()
	if err != nil {
		return nil, err
	}
	if _, err := t.f.Write(body); err != nil {
		t.drop()
		return nil, err
	}
	return t, nil
}

// create creates an empty file and locks it. Between the two, a sweeper may
// have taken it for a dead writer's; then it creates another.
func (d *Dir) create() (*temp, error) {
	for {
		var r [12]byte
		rand.Read(r[:])
		t := &temp{d: d, name: tmpDir + "/" + tmpPrefix + hex.EncodeToString(r[:])}
		var err error
		if t.f, err = d.root.OpenFile(t.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444); err != nil {
			return nil, err
		}
		err = flock(t.f, unix.LOCK_EX)
		if err == nil && t.there() {
			return t, nil
		}
		t.drop()
		if err != nil {
			return nil, err
		}
	}
}

// there says whether the file's name still leads to it.
func (t *temp) there() bool {
	ours, err := t.f.Stat()
	if err != nil {
		return false
	}
	named, err := t.d.root.Lstat(t.name)
	return err == nil && os.SameFile(ours, named)
}

// rename gives the file its name, and closes it.
func (t *temp) rename(to string) error {
	if err := t.d.root.Rename(t.name, to); err != nil {
		return err
	}
	t.name = ""
	return t.f.Close()
}

// drop closes the file and removes it unless it was renamed.
func (t *temp) drop() {
	t.f.Close()
	if t.name != "" {
		t.d.root.Remove(t.name)
	}
}

// flock takes a lock on f. On a file system that knows none it succeeds.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		switch err {
		case unix.EINTR:
		case unix.ENOTSUP, unix.ENOSYS, unix.ENOLCK, unix.EINVAL:
			return errNoLocks(how)
		default:
			return err
		}
	}
}

var errUnlockable = errors.New("the file system knows no locks")

// errNoLocks lets writers go on without locks, and tells the sweeper.
func errNoLocks(how int) error {
	if how&unix.LOCK_NB == 0 {
		return nil
	}
	return errUnlockable
}

// sweep removes what dead writers have left. It is no error when it cannot: a
// disk may be mounted read-only, and the next writer will try again.
func (d *Dir) sweep() {
	entries, err := fs.ReadDir(d.root.FS(), tmpDir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tmpPrefix) && e.Type().IsRegular() {
			d.sweepOne(tmpDir + "/" + e.Name())
		}
	}
}

// sweepOne removes one file unless its writer lives. The lock is held while the
// name goes, so that a writer who locks it afterwards sees that it went.
func (d *Dir) sweepOne(name string) {
	f, err := d.root.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return
	}
	err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if err == nil || errors.Is(err, errUnlockable) && time.Since(fi.ModTime()) > abandoned {
		d.root.Remove(name)
	}
}
