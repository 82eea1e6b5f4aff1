// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/node"
)

// ErrTree says that the target of an Input is not a tree: it has something
// below what is no directory, or a path twice.
var ErrTree = errors.New("not a tree")

// Make makes the plan. It fails, with ErrTree, only where the target could be
// at no root.
func Make(in Input) (*Plan, error) {
	paths := sorted(in.Paths)
	if err := checkTree(paths); err != nil {
		return nil, err
	}
	d := decideAll(paths)
	if err := d.checkLinks(); err != nil {
		return nil, err
	}
	d.keepFullDirs()
	d.stopBelowOthers()
	d.settleLinks()
	steps := d.steps()
	for _, e := range in.Entries {
		steps = append(steps, Step{Kind: Exec, Path: e.Name})
	}
	steps = d.appendActions(steps, in.Actions)
	return &Plan{
		Base: in.Base, Target: in.Target, Type: in.Type,
		Stages: []Stage{{Target: in.Target, Steps: steps}},
	}, nil
}

func sorted(paths []Path) []Path {
	byName := func(a, b Path) int { return node.ComparePaths(a.Name, b.Name) }
	if !slices.IsSortedFunc(paths, byName) {
		paths = slices.Clone(paths)
		slices.SortFunc(paths, byName)
	}
	return paths
}

// checkTree looks at the target alone: a root can have anything.
func checkTree(paths []Path) error {
	var noDir below
	for i := range paths {
		p := &paths[i]
		if i > 0 && p.Name == paths[i-1].Name {
			return fmt.Errorf("%w: %s is there twice", ErrTree, p.Name)
		}
		if p.Target == nil {
			noDir.enter(p.Name, false)
			continue
		}
		if noDir.has(p.Name) {
			return fmt.Errorf("%w: %s is below %s, which is no directory", ErrTree, p.Name, noDir)
		}
		noDir.enter(p.Name, p.Target.Type != node.Dir)
		if p.Name == node.RootPath && p.Target.Type != node.Dir {
			return fmt.Errorf("%w: the root is no directory", ErrTree)
		}
	}
	return nil
}

// below is the path below which a walk is, "" for none.
type below string

func (b below) has(path string) bool {
	return b != "" && len(path) > len(b) && path[len(b)] == '/' && strings.HasPrefix(path, string(b))
}

// enter moves the walk to path, and remembers it if it is one to look for.
func (b *below) enter(path string, it bool) {
	if b.has(path) {
		return
	}
	*b = ""
	if it && path != node.RootPath {
		*b = below(path)
	}
}
