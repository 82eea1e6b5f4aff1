// SPDX-License-Identifier: Apache-2.0

package passive

import (
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
)

// BodyName returns the name of a chunk's body: its fan-out directory, and the
// rest with the mark's suffix.
func (m Mark) BodyName(id chunkstore.ID) (dir, file string) {
	digits := id.String()
	return digits[:2], digits[2:] + m.Suffix()
}

// BodyID is the inverse of BodyName; ok is false for any other name.
func (m Mark) BodyID(dir, file string) (id chunkstore.ID, ok bool) {
	rest, ok := strings.CutSuffix(file, m.Suffix())
	if !ok || len(dir) != 2 {
		return chunkstore.ID{}, false
	}
	id, err := chunkstore.ParseID(dir + rest)
	return id, err == nil
}
