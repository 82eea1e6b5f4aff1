// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Recover removes what a run that is dead has left under temporary names in the
// directories: what it had staged, and what it had displaced. Those that are
// none any more, but perhaps a link, are passed over. A directory that the run
// had moved aside and that is not empty is kept, and is a *NotEmptyError.
func (r *Root) Recover(run string, dirs []string) error {
	if err := checkRun(run); err != nil {
		return err
	}
	var errs []error
	for _, path := range dirs {
		err := r.recoverDir(run, path)
		if !Absent(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (r *Root) recoverDir(run, path string) error {
	d, err := r.OpenDir(path)
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return err
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
			errs = append(errs, &NotEmptyError{join(d.path, name)})
		default:
			errs = append(errs, d.failed("remove", name, err))
		}
	}
	return errors.Join(errs...)
}
