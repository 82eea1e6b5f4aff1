// SPDX-License-Identifier: Apache-2.0

package drift

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// A Record is what one run saved.
type Record struct {
	Commit          chunkstore.ID
	Run             string
	Applied, Target chunkstore.ID
	Time            time.Time
	Paths           []Drifted
}

// Deleted stands alone among the aspects of a path that was gone.
const Deleted = "deleted"

// A Drifted path was not what had been applied, in these aspects.
type Drifted struct {
	Path    string
	Aspects []string
}

func subject(n int) string { return fmt.Sprintf("drift: %d paths", n) }

func message(run Run, entries []Entry) string {
	var b strings.Builder
	b.WriteString(subject(len(entries)) + "\n\n")
	if run.Applied != (chunkstore.ID{}) {
		fmt.Fprintf(&b, "Applied: %s\n", run.Applied)
	}
	fmt.Fprintf(&b, "Target: %s\nRun: %s\n", run.Target, run.Name)
	for _, e := range entries {
		what := e.Aspects.String()
		if e.Live == nil {
			what = Deleted
		}
		fmt.Fprintf(&b, "Drift: %s %s\n", what, quote(e.Path))
	}
	return b.String()
}

// sameDrift compares messages but for the run.
func sameDrift(a, b string) bool { return withoutRun(a) == withoutRun(b) }

func withoutRun(message string) string {
	before, rest, _ := strings.Cut(message, "\nRun: ")
	_, after, _ := strings.Cut(rest, "\n")
	return before + "\n" + after
}

// quote leaves a path alone that fits on a line.
func quote(path string) string {
	if quoted := strconv.Quote(path); quoted[1:len(quoted)-1] != path {
		return quoted
	}
	return path
}

// Log calls fn with what was saved, newest first, until it returns false.
func Log(r *repo.Repo, fn func(Record) (bool, error)) error {
	id, ok, err := r.Ref(Ref)
	for ok && err == nil {
		var c *repo.Commit
		if c, err = r.Commit(id); err != nil {
			return err
		}
		var record Record
		if record, err = parse(id, c); err != nil {
			return err
		}
		if ok, err = fn(record); len(c.Parents) == 0 {
			return err
		}
		id = c.Parents[0]
	}
	return err
}

func parse(id chunkstore.ID, c *repo.Commit) (Record, error) {
	r := Record{Commit: id, Time: c.Time}
	for line := range strings.Lines(c.Message) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok {
			continue
		}
		if err := r.set(key, value); err != nil {
			return r, &chunkstore.CorruptError{ID: id, Where: Ref, Err: fmt.Errorf("%s: %w", key, err)}
		}
	}
	return r, nil
}

func (r *Record) set(key, value string) (err error) {
	switch key {
	case "Applied":
		r.Applied, err = chunkstore.ParseID(value)
	case "Target":
		r.Target, err = chunkstore.ParseID(value)
	case "Run":
		r.Run = value
	case "Drift":
		aspects, path, _ := strings.Cut(value, " ")
		if strings.HasPrefix(path, `"`) {
			path, err = strconv.Unquote(path)
		}
		d := Drifted{Path: path}
		if aspects != "" {
			d.Aspects = strings.Split(aspects, ",")
		}
		r.Paths = append(r.Paths, d)
	}
	return err
}

// Saved returns what the tree of a commit of the log has saved of a path, nil
// for nothing: the directories that only lead to it were not saved.
func Saved(t *roottree.Tree, path string) *node.Node {
	n := t.Get(path)
	if n == nil || n.Implied {
		return nil
	}
	return n
}
