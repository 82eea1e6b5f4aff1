// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"strconv"
	"strings"
)

// temporaryPrefix begins the name of everything that is not yet in its place.
const temporaryPrefix = ".git-devops-"

// IsTemporary tells whether a name is one that a Batch gives to what is not yet
// in its place, or no longer: it is never captured, and never managed.
func IsTemporary(name string) bool {
	rest, ok := strings.CutPrefix(name, temporaryPrefix)
	if !ok {
		return false
	}
	run, n, ok := cutLast(rest)
	return ok && run != "" && isNumber(n)
}

func temporaryName(run string, n uint64) string {
	return temporaryPrefix + run + "-" + strconv.FormatUint(n, 10)
}

// IsTemporaryOf tells whether name is a temporary of the run.
func IsTemporaryOf(run, name string) bool {
	n, ok := strings.CutPrefix(name, temporaryPrefix+run+"-")
	return ok && isNumber(n)
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
