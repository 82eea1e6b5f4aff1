// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"errors"
	"fmt"

	git "github.com/libgit2/git2go/v34"
)

var (
	// ErrNotRepository says that there is no git repository where one was
	// looked for.
	ErrNotRepository = errors.New("not a git repository")
	// ErrUnsupported says that the repository or its index uses a format that
	// this program does not read. The error that wraps it names the way out.
	ErrUnsupported = errors.New("unsupported repository format")
	// ErrOwnership says that the repository belongs to another user and that
	// git's safe.directory does not name it.
	ErrOwnership = errors.New("detected dubious ownership")
	// ErrNotFound says that a revision, or a path in it, does not exist.
	ErrNotFound = errors.New("not found")
	// ErrRefMoved says that a ref was not what SwapRef was told it is.
	ErrRefMoved = errors.New("ref was moved by another process")
	// ErrBusy says that another program held the index or a ref locked for too
	// long.
	ErrBusy = errors.New("locked by another process")
	// ErrNotSynced says that a change was made, and that a power cut may undo
	// it.
	ErrNotSynced = errors.New("done, but perhaps not durable")
	// ErrBadIndex says that the index is damaged.
	ErrBadIndex = errors.New("corrupt index")
)

// codeOwner is libgit2's GIT_EOWNER, which git2go does not name.
const codeOwner = git.ErrorCode(-36)

func isCode(err error, codes ...git.ErrorCode) bool {
	var e *git.GitError
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range codes {
		if e.Code == c {
			return true
		}
	}
	return false
}

// isOwnership recognises libgit2's refusal of another user's repository. Where
// safe.directory is not configured at all, it is the failed search for that.
func isOwnership(err error) bool {
	return isCode(err, codeOwner) ||
		isCode(err, git.ErrorCodeNotFound) && git.IsErrorClass(err, git.ErrorClassConfig)
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
