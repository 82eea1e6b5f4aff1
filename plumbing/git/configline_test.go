// SPDX-License-Identifier: Apache-2.0

package git

import "testing"

func TestConfigLine(t *testing.T) {
	const text = "# a\n[chunker]\n\tmin = 1\n\tMax=2\n[action \"Web.x\"] run = a\n\tpath = b\n\tpath = c\n[devops]\nmtimes\n[last]"
	for key, want := range map[string]int{
		"chunker.min": 3, "chunker.max": 4, "action.Web.x.run": 5, "action.Web.x.path": 7,
		"devops.mtimes": 9, "chunker.mtimes": 0, "min": 0, "": 0,
	} {
		if got := ConfigLine([]byte(text), key); got != want {
			t.Errorf("ConfigLine(%q) = %d, want %d", key, got, want)
		}
	}
}
