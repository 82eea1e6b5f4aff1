// SPDX-License-Identifier: Apache-2.0

package prepush

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
)

// refs is what git push says that it will do.
type refs struct {
	tips  []chunkstore.ID // what refs will be
	known []chunkstore.ID // what they are
}

// ours begins the names of refs that are not pushed for their commits.
const ours = "refs/devops/"

// readRefs reads lines as githooks(5) has them: <local ref> SP <local id> SP
// <remote ref> SP <remote id>.
func readRefs(in io.Reader) (refs, error) {
	var r refs
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if err := r.add(lines.Text()); err != nil {
			return refs{}, fmt.Errorf("read what git push will do: %q: %w", lines.Text(), err)
		}
	}
	if err := lines.Err(); err != nil {
		return refs{}, fmt.Errorf("read what git push will do: %w", err)
	}
	return r, nil
}

func (r *refs) add(line string) error {
	// The local ref may be an expression with spaces, as in HEAD@{1 day ago}.
	fields := strings.Split(line, " ")
	if len(fields) < 4 {
		return fmt.Errorf("%d fields, 4 expected", len(fields))
	}
	fields = fields[len(fields)-3:]
	local, err := chunkstore.ParseID(fields[0])
	if err != nil {
		return err
	}
	remote, err := chunkstore.ParseID(fields[2])
	if err != nil {
		return err
	}
	if strings.HasPrefix(fields[1], ours) {
		return nil
	}
	if !remote.IsZero() {
		r.known = append(r.known, remote)
	}
	if !local.IsZero() {
		r.tips = append(r.tips, local)
	}
	return nil
}

// everyRef is what a push of all refs would say.
func everyRef(ctx context.Context, g git.Runner) (refs, error) {
	var r refs
	err := g.Lines(ctx, nil, []string{"for-each-ref", "--format=%(objectname) %(refname)"}, func(line []byte) error {
		hex, name, _ := strings.Cut(string(line), " ")
		id, err := chunkstore.ParseID(hex)
		if err == nil && !strings.HasPrefix(name, ours) {
			r.tips = append(r.tips, id)
		}
		return err
	})
	return r, err
}
