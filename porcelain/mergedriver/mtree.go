// SPDX-License-Identifier: Apache-2.0

package mergedriver

import (
	"bytes"
	"fmt"
	"os"

	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// mergeMtree merges the texts of .devops/mtree, base, ours and theirs, into the
// file ours. A text that cannot be read stays out of it: git then keeps ours
// and records a conflict.
func mergeMtree(g *porcelain.Globals, ours string, text [3][]byte) error {
	var side [3]*mtree.Spec
	for i, name := range []string{"base", "ours", "theirs"} {
		spec, err := mtree.Parse(bytes.NewReader(text[i]))
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		side[i] = spec
	}
	merged, conflicts := mtree.Merge(side[0], side[1], side[2])
	if err := os.WriteFile(ours, merged.Encode(), 0o666); err != nil {
		return err
	}
	if len(conflicts) == 0 {
		return nil
	}
	for _, path := range conflicts {
		g.UI.Errorf("%s: both sides have changed its metadata; ours are kept", ui.Path(path))
	}
	g.UI.Hintf("edit their lines in %s, then 'git add %s'", mtree.Path, mtree.Path)
	return porcelain.Exit(porcelain.Differs, nil)
}
