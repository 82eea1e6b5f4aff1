// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyByte is an argument with everything that a shell could interpret.
func everyByte() string {
	var b strings.Builder
	for c := 1; c < 256; c++ {
		b.WriteByte(byte(c))
	}
	return b.String()
}

func TestQuote(t *testing.T) {
	argv := []string{"-n", "", "a b", "'", "!", "$(touch x)", "`x`", "~", "*", "a\\'b", everyByte()}
	out, err := exec.Command("/bin/sh", "-c", `printf '%s\0' `+Quote(argv...)).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if diff := cmp.Diff(argv, got); diff != "" {
		t.Error(diff)
	}
}
