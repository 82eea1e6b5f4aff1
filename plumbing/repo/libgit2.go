// SPDX-License-Identifier: Apache-2.0

package repo

/*
#include <git2.h>

// git_libgit2_opts is variadic, which cgo cannot call.
static int set_fsync(void) {
	return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
}

static int set_extensions(void) {
	const char *names[] = {"objectformat", "worktreeconfig", "partialclone"};
	return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, names, (size_t)3);
}

static int set_owner_validation(int on) {
	return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, on);
}
*/
import "C"

import (
	"errors"
	"runtime"
	"sync"

	git "github.com/libgit2/git2go/v34"
)

// How much of packs libgit2 maps at a time, and together, bytes: all that is
// mapped and read counts as this process's memory.
const (
	windowSize  = 4 << 20
	mappedLimit = 24 << 20
)

// configureOnce sets libgit2's process-wide options before its first use: all
// that it writes is fsynced, packs are mapped in parts, and repositories with these extensions are
// opened: objectformat (checked here to be sha1), worktreeconfig (read here)
// and partialclone (what was not fetched is simply missing).
var configureOnce = sync.OnceValue(func() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if code := C.set_fsync(); code < 0 {
		return git.MakeGitError2(int(code))
	}
	if code := C.set_extensions(); code < 0 {
		return git.MakeGitError2(int(code))
	}
	return errors.Join(git.SetMwindowSize(windowSize), git.SetMwindowMappedLimit(mappedLimit))
})

// ownerMu guards libgit2's process-wide ownership check while one repository
// is opened.
var ownerMu sync.Mutex

// withOwnerCheck calls open with libgit2's ownership check on or off.
func withOwnerCheck(on bool, open func() error) error {
	ownerMu.Lock()
	defer ownerMu.Unlock()
	if !on {
		C.set_owner_validation(0)
		defer C.set_owner_validation(1)
	}
	return open()
}
