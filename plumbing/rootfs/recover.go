// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"

	"github.com/git-devops/git-devops/plumbing/node"
	"golang.org/x/sys/unix"
)

// Recover removes what a run that is dead has left under temporary names in the
// directories: what it had staged, and what it had displaced. Those that are
// none any more, but perhaps a link, are passed over. A directory under such a
// name in which somebody has put something is kept; full lists these.
func (r *Root) Recover(run string, dirs []string) (full []string, err error) {
	if err := checkRun(run); err != nil {
		return nil, err
	}
	var errs []error
	for _, path := range dirs {
		kept, err := r.recoverDir(run, path)
		full = append(full, kept...)
		if !Absent(err) {
			errs = append(errs, err)
		}
	}
	return full, errors.Join(errs...)
}

func (r *Root) recoverDir(run, path string) (full []string, err error) {
	d, err := r.OpenDir(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, name := range names {
		if !IsTemporaryOf(run, name) {
			continue
		}
		err := unlink(d.fd, name)
		switch err {
		case nil, unix.ENOENT:
		case unix.ENOTEMPTY, unix.EEXIST:
			full = append(full, node.JoinPath(d.path, name))
		default:
			errs = append(errs, d.failed("remove", name, err))
		}
	}
	return full, errors.Join(errs...)
}
