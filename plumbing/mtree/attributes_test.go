// SPDX-License-Identifier: Apache-2.0

package mtree

import "testing"

func TestWithAttribute(t *testing.T) {
	const line = Attribute + "\n"
	for text, want := range map[string]string{
		"":                  line,
		"a b":               "a b\n" + line,
		"a b\n":             "a b\n" + line,
		line + "a b\n":      line + "a b\n",
		"#" + line:          "#" + line + line,
		"a b\n" + Attribute: "a b\n" + Attribute,
	} {
		if got := string(WithAttribute([]byte(text))); got != want {
			t.Errorf("WithAttribute(%q) = %q", text, got)
		}
	}
}
