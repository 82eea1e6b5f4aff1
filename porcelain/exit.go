// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/actions"
	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/capture"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/replicate"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/stockgit"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// Code is an exit code.
type Code int

// The exit codes. 2 is never used, because a Go panic exits with it.
const (
	Done         Code = 0
	Differs      Code = 1
	Partial      Code = 3
	NoRepository Code = 10
	Busy         Code = 11
	Untrusted    Code = 12
	Missing      Code = 13
	Frozen       Code = 14
	Conflict     Code = 20
	Fatal        Code = 128
	Usage        Code = 129
	Interrupted  Code = 130
	BrokenPipe   Code = 141
)

// Status explains an exit code.
type Status struct {
	Code    Code
	Meaning string // as the manual pages print it
	word    string // that its message begins with
}

// Statuses returns the table of exit codes, in order.
func Statuses() []Status {
	return []Status{
		{Done, "done", ""},
		{Differs, `done, and the answer is "no" or "differs"`, "error"},
		{Partial, "done in part; the rest is listed", "error"},
		{NoRepository, "not a repository", "fatal"},
		{Busy, "busy: another process holds a lock", "fatal"},
		{Untrusted, "a signature or trust was refused", "fatal"},
		{Missing, "content is missing or corrupt, or there are too few copies of it", "error"},
		{Frozen, "frozen", "fatal"},
		{Conflict, "conflict", "error"},
		{Fatal, "any other error", "fatal"},
		{Usage, "wrong usage, or usage was asked for with -h", "error"},
		{Interrupted, "interrupted", "fatal"},
		{BrokenPipe, "nobody reads standard output any more", ""},
	}
}

// Exit returns err with the exit code that the command must end with. With a
// nil err the command ends with that code and says nothing more.
func Exit(code Code, err error) error { return &exitError{code, err} }

// Unreadable returns the error of a command that lists files, when n of them,
// each named already, have manifests that cannot be read.
func Unreadable(n int) error {
	if n == 0 {
		return nil
	}
	return Exit(Partial, fmt.Errorf("%d manifests cannot be read", n))
}

// Usagef returns an error about how the command was called.
func Usagef(format string, args ...any) error {
	return Exit(Usage, fmt.Errorf(format, args...))
}

type exitError struct {
	code Code
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// mendHint is for what a commit has wrong.
const mendHint = "mend it where you work, commit, and run 'git devops sync' here; 'git devops apply <commit>' takes an earlier one"

// A kind of error that mechanisms return, and what it means to a person.
type kind struct {
	is   func(error) bool
	code Code
	hint string
}

// kinds is looked through in order; the first that fits counts.
func kinds() []kind {
	return []kind{
		{is(context.Canceled), Interrupted, ""},
		{is(errBrokenPipe), BrokenPipe, ""},
		{is(repo.ErrNotRepository), NoRepository, "'git devops init' makes one, or -C says where it is"},
		{is(repo.ErrBusy), Busy, ""},
		{is(replicate.ErrBusy), Busy, ""},
		{is(host.ErrBusy), Busy, ""},
		{is(host.ErrNotHost), NoRepository, "'git devops init --host' makes one, or --repo says where it is"},
		{is(host.ErrOtherBranch), Fatal, "'git symbolic-ref HEAD' says where it is to be; see devops.type in 'git devops init --help'"},
		{is(host.ErrNoCommit), Fatal, "'git devops add' and 'git devops commit' make one, or 'git devops sync' brings one"},
		{is(apply.ErrNoConflict), Fatal, "'git devops resolve' lists the paths that have one"},
		{is(host.ErrNothingApplied), Fatal, "'git devops commit' or 'git devops apply' come before it"},
		{is(host.ErrNoPrevious), Fatal, "name the commit to go back to; 'git devops log' lists them"},
		{as[*host.DivergedError], Conflict, "merge them where you work, and bring the result here with 'git devops sync'; or name the commit to apply"},
		{as[*host.OtherTypeError], Fatal, "a host takes only commits of its own branch: see devops.type in 'git devops init --help'"},
		{is(repo.ErrRefMoved), Busy, "another process was faster; run this again"},
		{is(gitstore.ErrBusy), Busy, ""},
		{is(gitstore.ErrDropped), Busy, "run this again: the chunk will be stored"},
		{is(stores.ErrUnknown), Fatal, "'git devops store list' shows the stores"},
		{is(passive.ErrKey), Fatal, "see --recipient and devops.identity in 'git devops store --help'"},
		{as[*passive.OfflineError], Fatal, "connect the store and run this again; 'git devops store list' shows what it had"},
		{as[*passive.WrongStoreError], Fatal, "connect the right one, or 'git devops store add' this one under another name"},
		{as[*passive.FullError], Fatal, "what has been copied stays; make room, or run this with another store"},
		{as[*passive.SealError], Fatal, "whether a store is sealed is settled when it is made: see 'git devops store --help'"},
		{is(capture.ErrTemporary), Fatal, "the next 'git devops apply' clears away what a killed one has left"},
		{is(worktree.ErrIgnored), Fatal, "use -f if you really want to add it"},
		{as[*stockgit.AbsentError], Missing, "'git devops get' fetches them from a machine that has them"},
		{isOwnConfig, Fatal, "mend the file and run this again"},
		{as[*worktree.ConfigError], Fatal, mendHint},
		{as[*mtree.FormatError], Fatal, mendHint},
		{as[*actions.FormatError], Fatal, mendHint},
		{as[*roottree.BadTreeError], Fatal, "no host can have this tree; " + mendHint},
		{as[*accounts.UnknownError], Fatal, "the root's own etc/passwd and etc/group count: add the name there, or record another owner"},
		{as[*chunkstore.MissingError], Missing, ""},
		{as[*chunkstore.CorruptError], Missing, "'git devops fsck' names the files that need this content"},
		{as[*chunkstore.FormatError], Missing, "'git devops fsck' names the files that need this content"},
		{as[*largefile.DigestError], Missing, "'git devops fsck' names the files that need this content"},
	}
}

// isOwnConfig is for the configuration in a work tree, not in a commit.
func isOwnConfig(err error) bool {
	bad, ok := errors.AsType[*worktree.ConfigError](err)
	return ok && bad.Commit == ""
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// CodeOf returns the exit code for an error: that of Exit, else that of its
// kind, else Fatal.
func CodeOf(err error) Code {
	if err == nil {
		return Done
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	for _, k := range kinds() {
		if k.is(err) {
			return k.code
		}
	}
	return Fatal
}

// hintOf returns what a person could do about an error, or "". An error may
// say it itself with a method Hint.
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	for _, k := range kinds() {
		if k.is(err) {
			return k.hint
		}
	}
	return ""
}

// word returns what the message of a code begins with.
func word(code Code) string {
	for _, s := range Statuses() {
		if s.Code == code {
			return s.word
		}
	}
	return "fatal"
}
