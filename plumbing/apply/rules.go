// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// DriftAttribute is the attribute of a path that says what becomes of it when
// its live version is not what was applied.
const DriftAttribute = "devops-drift"

// A RuleError says that an attribute has a value that is no rule.
type RuleError struct {
	Path, Value string
	Line        int // of .gitattributes, from 1; 0 where it is not certain
}

func (e *RuleError) Error() string {
	at := worktree.AttributesFile
	if e.Line > 0 {
		at = fmt.Sprintf("%s, line %d", at, e.Line)
	}
	return fmt.Sprintf("%s: %s: unknown %s '%s'", at, e.Path, DriftAttribute, e.Value)
}

// Hint names the rules.
func (e *RuleError) Hint() string {
	return fmt.Sprintf("it can be %s, %s, %s or %s; mend it where you work, commit, and run 'git devops sync' here",
		plan.Overwrite, plan.Merge, plan.Keep, plan.Fail)
}

// maxPaths is how many paths one git is asked about: as arguments, because its
// standard input has the attributes.
const maxPaths = 400

// driftRules asks git for the rule of each path as attributes, the content of
// a .gitattributes file, has it. The index and the root have no say.
func driftRules(ctx context.Context, g git.Runner, attributes []byte, paths []string) (map[string]plan.Rule, error) {
	rules := make(map[string]plan.Rule, len(paths))
	if !bytes.Contains(attributes, []byte(DriftAttribute)) {
		return rules, nil
	}
	g = g.With("GIT_INDEX_FILE=/nonexistent/index")
	for len(paths) > 0 {
		n := min(len(paths), maxPaths)
		if err := someRules(ctx, g, attributes, paths[:n], rules); err != nil {
			return nil, err
		}
		paths = paths[n:]
	}
	return rules, nil
}

func someRules(ctx context.Context, g git.Runner, attributes []byte, paths []string, rules map[string]plan.Rule) error {
	args := append([]string{
		"-c", "core.attributesFile=/dev/stdin", "check-attr", "--cached", "-z", DriftAttribute, "--",
	}, paths...)
	var fields []string
	return g.Stream(ctx, bytes.NewReader(attributes), args, func(record []byte) error {
		if fields = append(fields, string(record)); len(fields) < 3 {
			return nil
		}
		path, value := fields[0], fields[2]
		fields = fields[:0]
		switch rule := plan.Rule(value); rule {
		case plan.Overwrite, plan.Merge, plan.Keep, plan.Fail:
			rules[path] = rule
		case "unspecified", "unset":
		default:
			return &RuleError{path, value, lineOf(attributes, DriftAttribute+"="+value)}
		}
		return nil
	})
}

// lineOf returns the last line that has a word, 0 where none has.
func lineOf(text []byte, word string) int {
	found, n := 0, 0
	for line := range strings.Lines(string(text)) {
		n++
		if slices.Contains(strings.Fields(line), word) {
			found = n
		}
	}
	return found
}
