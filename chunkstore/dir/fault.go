// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/git-devops/git-devops/chunkstore/passive"
)

// gone are the errors of a disk that was there a moment ago. A file system
// that cannot write to its disk becomes read-only.
var gone = []error{syscall.EIO, syscall.ENODEV, syscall.ENXIO, syscall.ESTALE, syscall.ENOTCONN, syscall.EHOSTDOWN, syscall.ESHUTDOWN, syscall.ENOMEDIUM, syscall.EREMOTEIO}

// full are the errors of a disk without room.
var full = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}

// wrap says what an error of the file system means for the store.
func (d *Dir) wrap(doing string, err error) error {
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case slices.ContainsFunc(full, is):
		return fmt.Errorf("%s: %w", doing, &passive.FullError{Place: d.Name(), Err: cause(err)})
	case slices.ContainsFunc(gone, is):
		return fmt.Errorf("%s: %w", doing, &passive.OfflineError{Place: d.Name(), Err: cause(err)})
	}
	return fmt.Errorf("%s in %s: %w", doing, d.Name(), err)
}

// present returns an *passive.OfflineError unless the path of the store still
// leads to it. A disk that was unmounted by force can be used through the open
// directory for some time, and an empty one looks like a store without chunks.
func (d *Dir) present() error {
	ours, err := d.marked.Stat()
	if err != nil {
		return d.wrap("look at the mark", err)
	}
	fi, err := os.Lstat(d.path + "/" + passive.MarkName)
	if err == nil && !os.SameFile(fi, ours) {
		err = errors.New("another directory has taken its place")
	}
	if err != nil {
		return &passive.OfflineError{Place: d.Name(), Err: fmt.Errorf("it has vanished: %w", cause(err))}
	}
	return nil
}

// cause is the system's part of an error, for messages that name the place
// already.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
