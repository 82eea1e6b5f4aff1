// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	git "github.com/libgit2/git2go/v34"

	"github.com/git-devops/git-devops/chunkstore"
)

// refPrefix is where this program's own refs are.
const refPrefix = "refs/devops/"

// Ref returns what a ref names, following symbolic refs. ok is false when the
// ref does not exist (or is a branch with no commit yet).
func (r *Repo) Ref(name string) (id chunkstore.ID, ok bool, err error) {
	if strings.ContainsRune(name, 0) {
		return id, false, fmt.Errorf("read ref %q: name contains a NUL", name)
	}
	ref, err := r.git.References.Lookup(name)
	if err == nil && ref.Type() == git.ReferenceSymbolic {
		symbolic := ref
		ref, err = symbolic.Resolve()
		symbolic.Free()
	}
	if isCode(err, git.ErrorCodeNotFound) {
		return id, false, nil
	}
	if err != nil {
		return id, false, fmt.Errorf("read ref %s: %w", name, err)
	}
	defer ref.Free()
	return chunkstore.ID(*ref.Target()), true, nil
}

// Head returns the branch that HEAD names, in full, whether it has a commit or
// not; "" when HEAD is detached.
func (r *Repo) Head() (string, error) {
	ref, err := r.git.References.Lookup("HEAD")
	if err != nil {
		return "", fmt.Errorf("read HEAD: %w", err)
	}
	defer ref.Free()
	if ref.Type() != git.ReferenceSymbolic {
		return "", nil
	}
	return ref.SymbolicTarget(), nil
}

// Upstream returns the ref that the configuration has a branch, named in full,
// follow, and its short name. ok is false when it follows none, or none that
// exists.
func (r *Repo) Upstream(branch string) (name, short string, ok bool, err error) {
	name, err = r.git.UpstreamName(branch)
	if err == nil {
		var ref *git.Reference
		if ref, err = r.git.References.Lookup(name); err == nil {
			defer ref.Free()
			return name, ref.Shorthand(), true, nil
		}
	}
	if isCode(err, git.ErrorCodeNotFound, git.ErrorCodeInvalidSpec) {
		return "", "", false, nil
	}
	return "", "", false, fmt.Errorf("find what %s follows: %w", branch, err)
}

// SwapRef moves one of this program's own refs (refs/devops/…) from old to id,
// under the lock that git takes. A zero old says that the ref must not exist.
// When the ref is anything else, the error is ErrRefMoved; when git keeps it
// locked for many seconds, ErrBusy. The change is fsynced before SwapRef
// returns. msg goes to the ref's reflog if someone made one.
//
// libgit2 is not used for this: a process killed while libgit2 holds the lock
// leaves it there for good.
func (r *Repo) SwapRef(name string, old, id chunkstore.ID, msg string) error {
	if err := checkOwnRef(name, id); err != nil {
		return fmt.Errorf("move ref %q: %w", name, err)
	}
	return r.swapRef(name, old, id, msg)
}

// SwapBranch is SwapRef for a branch (refs/heads/…). Unlike a git that is
// killed, it leaves no lock that keeps the next SwapBranch out. When HEAD is
// that branch, its reflog gets a line, too.
func (r *Repo) SwapBranch(name string, old, id chunkstore.ID, msg string) error {
	if err := checkRef("refs/heads/", name, id); err != nil {
		return fmt.Errorf("move branch %q: %w", name, err)
	}
	if err := r.swapRef(name, old, id, msg); err != nil {
		return err
	}
	head, err := os.ReadFile(filepath.Join(r.gitDir, "HEAD"))
	if err != nil || strings.TrimSpace(string(head)) != "ref: "+name {
		return err
	}
	return r.logRef("HEAD", old, id, msg)
}

func (r *Repo) swapRef(name string, old, id chunkstore.ID, msg string) error {
	p := r.refReplacement(name)
	ctx := context.Background()
	guard, err := p.begin(ctx)
	if err != nil {
		return fmt.Errorf("move ref %s: %w", name, err)
	}
	defer guard.Close()
	if err := p.stage([]byte(id.String()+"\n"), 0); err != nil {
		return errors.Join(fmt.Errorf("move ref %s: %w", name, err), p.clear())
	}
	err = p.publish(ctx, func() error {
		now, _, err := r.Ref(name)
		if err == nil && now != old {
			err = ErrRefMoved
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("move ref %s: %w", name, err)
	}
	return r.logRef(name, old, id, msg)
}

func checkOwnRef(name string, id chunkstore.ID) error { return checkRef(refPrefix, name, id) }

func checkRef(prefix, name string, id chunkstore.ID) error {
	if !strings.HasPrefix(name, prefix) || strings.ContainsRune(name, 0) {
		return errors.New("not below " + prefix)
	}
	if valid, err := git.ReferenceNameIsValid(name); err != nil || !valid {
		return errors.New("not a valid name")
	}
	if id.IsZero() {
		return errors.New("no object to move it to")
	}
	return nil
}

func (r *Repo) refReplacement(name string) replacement {
	own := filepath.Join(r.commonDir, "devops", url.PathEscape(name))
	return replacement{
		target: filepath.Join(r.commonDir, filepath.FromSlash(name)),
		staged: own + ".new",
		flock:  own + ".flock",
		wait:   r.lockWait,
	}
}

// logRef adds a line to a reflog that exists, as git does.
func (r *Repo) logRef(name string, old, id chunkstore.ID, msg string) error {
	path := filepath.Join(r.commonDir, "logs", filepath.FromSlash(name))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("log ref %s: %w", name, err)
	}
	now := time.Now()
	_, err = fmt.Fprintf(f, "%s %s git-devops <git-devops> %d %s\t%s\n",
		old, id, now.Unix(), now.Format("-0700"), strings.ReplaceAll(msg, "\n", " "))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("log ref %s: %w", name, err)
	}
	return nil
}
