// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"os"
	"testing"

	"github.com/git-devops/git-devops/plumbing/transfer/sourcetest"
)

func TestConformance(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T, chunks ...[]byte) sourcetest.Subject {
		to, s := pushed(t, chunks)
		source := to.server(s).Source()
		t.Cleanup(func() {
			source.Close()
			to.clean()
		})
		return sourcetest.Subject{
			Source: source,
			Cut:    func() { must(t, os.Rename(s.dir, s.dir+".gone")) },
			Dir:    s.dir,
		}
	})
}
