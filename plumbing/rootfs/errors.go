// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// ErrNotRegular is returned by OpenFile for what is not a regular file.
var ErrNotRegular = errors.New("not a regular file")

// An UnsafeError says that somebody else than root decides where a path leads.
type UnsafeError struct {
	// Path is what was asked for, Step the directory or link that is unsafe.
	Path, Step string
	Why        string
}

func (e *UnsafeError) Error() string {
	step := e.Step
	if step == node.RootPath {
		step = "the root"
	}
	return fmt.Sprintf("unsafe path %s: %s %s", e.Path, step, e.Why)
}

// Hint says which links are safe.
func (e *UnsafeError) Hint() string {
	return "links are trusted only where they, and all directories on the way,\n" +
		"belong to root and nobody else may write there"
}

// Absent tells of an error whether it says that nothing lies at a path: it is
// not there, or what leads there is missing, no directory, or a loop of links.
func Absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP)
}

// Unreachable is Absent, or an *UnsafeError: what lies behind a link that is
// not safe to follow does not lie at the path.
func Unreachable(err error) bool {
	_, unsafe := errors.AsType[*UnsafeError](err)
	return unsafe || Absent(err)
}

// A ChangedError says that at Path there is not what the caller said there
// would be. What is there was left alone.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s changed meanwhile", e.Path)
}

// A NotEmptyError says that a directory was to go, and has something in it. It
// was left alone. It is unix.ENOTEMPTY.
type NotEmptyError struct{ Path string }

func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("directory %s is not empty", e.Path)
}

// Unwrap returns unix.ENOTEMPTY.
func (e *NotEmptyError) Unwrap() error { return unix.ENOTEMPTY }

// An ImmutableError says that Path was protected with chattr, and so can not be
// changed. It is unix.EPERM.
type ImmutableError struct {
	Path string
	// Attribute is chattr's letter: i, or a for append-only.
	Attribute byte
}

func (e *ImmutableError) Error() string {
	return fmt.Sprintf("%s is protected with chattr +%c", e.Path, e.Attribute)
}

// Hint says what allows the change.
func (e *ImmutableError) Hint() string {
	return fmt.Sprintf("'chattr -%c %s' in the root allows it to be changed", e.Attribute, e.Path)
}

// Unwrap returns unix.EPERM.
func (e *ImmutableError) Unwrap() error { return unix.EPERM }

// A MountedError says that something is mounted at Path, which can not be
// replaced or removed. It is unix.EBUSY.
type MountedError struct{ Path string }

func (e *MountedError) Error() string { return e.Path + " is a mount point" }

// Hint says what allows the change.
func (e *MountedError) Hint() string {
	return fmt.Sprintf("'umount %s' in the root allows it to be changed", e.Path)
}

// Unwrap returns unix.EBUSY.
func (e *MountedError) Unwrap() error { return unix.EBUSY }

// An UnsupportedError says that the file system under Path can not store some
// of its metadata.
type UnsupportedError struct {
	Path string
	What node.Aspect
	// Err is what the kernel said, nil where it said nothing and did nothing.
	Err error
}

func (e *UnsupportedError) Error() string {
	message := fmt.Sprintf("the file system of %s cannot store its %s", e.Path, e.What)
	if e.Err != nil {
		message += ": " + e.Err.Error()
	}
	return message
}

// Unwrap returns what the kernel said.
func (e *UnsupportedError) Unwrap() error { return e.Err }
