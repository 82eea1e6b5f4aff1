// SPDX-License-Identifier: Apache-2.0

package ssh

import "strings"

// Quote returns one command line for a shell, in which every argument stands
// for itself. An exclamation mark is quoted as git does it, for csh.
func Quote(argv ...string) string {
	var b strings.Builder
	for i, arg := range argv {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteByte('\'')
		for j := range len(arg) {
			if c := arg[j]; c == '\'' || c == '!' {
				b.WriteString(`'\`)
				b.WriteByte(c)
				b.WriteByte('\'')
			} else {
				b.WriteByte(c)
			}
		}
		b.WriteByte('\'')
	}
	return b.String()
}
