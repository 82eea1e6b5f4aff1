// SPDX-License-Identifier: Apache-2.0

package porcelain

import "context"

// config looks up a git config key of the repository at Dir, or of the user
// where there is none. An error of git is for git to show: it is no value.
func (g *Globals) config(key string) (string, bool) {
	value, ok, err := g.Git().ConfigGet(context.Background(), key)
	return value, ok && err == nil
}
