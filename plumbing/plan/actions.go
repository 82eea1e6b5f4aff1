// SPDX-License-Identifier: Apache-2.0

package plan

// appendActions adds the commands of what changes.
func (all decisions) appendActions(steps []Step, actions []Action) []Step {
	for _, a := range actions {
		if a.Pending || all.anyChanges(a.Match) {
			steps = append(steps, Step{Kind: Run, Path: a.Name, Command: a.Run})
		}
	}
	return steps
}

func (all decisions) anyChanges(match func(string) bool) bool {
	for i := range all {
		if all[i].changes() && match(all[i].Name) {
			return true
		}
	}
	return false
}
