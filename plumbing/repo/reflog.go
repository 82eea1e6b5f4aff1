// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/git-devops/git-devops/chunkstore"
)

// A RefMove is one line of a ref's log. Old is zero where there was no ref.
type RefMove struct{ Old, New chunkstore.ID }

// RefLog returns how a ref was moved, oldest first, nothing when nobody keeps
// its log. A line that a crash has torn is passed over: what it said is in the
// next one's Old.
func (r *Repo) RefLog(name string) ([]RefMove, error) {
	data, err := os.ReadFile(filepath.Join(r.commonDir, "logs", filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read log of %s: %w", name, err)
	}
	var moves []RefMove
	for line := range bytes.Lines(data) {
		fields := bytes.SplitN(line, []byte(" "), 3)
		if len(fields) < 3 {
			continue
		}
		from, err1 := chunkstore.ParseID(string(fields[0]))
		to, err2 := chunkstore.ParseID(string(fields[1]))
		if err1 == nil && err2 == nil {
			moves = append(moves, RefMove{from, to})
		}
	}
	return moves, nil
}
