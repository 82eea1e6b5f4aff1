// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"iter"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Plan is what an apply does, in order.
type Plan struct {
	Base, Target chunkstore.ID
	Type         string
	Stages       []Stage
}

// A Stage brings the root from one commit to another: the files first, then
// the commands.
type Stage struct {
	Target chunkstore.ID
	Steps  []Step
}

// Steps gives the steps of all stages.
func (p *Plan) Steps() iter.Seq[*Step] {
	return func(yield func(*Step) bool) {
		for i := range p.Stages {
			for j := range p.Stages[i].Steps {
				if !yield(&p.Stages[i].Steps[j]) {
					return
				}
			}
		}
	}
}

// Empty says that the plan has no steps.
func (p *Plan) Empty() bool {
	for range p.Steps() {
		return false
	}
	return true
}
