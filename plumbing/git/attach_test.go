// SPDX-License-Identifier: Apache-2.0

package git

import (
	"bytes"
	"strings"
	"testing"
)

func TestAttach(t *testing.T) {
	r := newRepo(t)
	cases := []struct {
		args     string
		code     int
		out, err string
	}{
		{"hash-object --stdin", 0, "6b584e8ece562ebffc15d38808cd6b98fc3d97ea\n", ""},
		{"rev-parse --verify absent", 128, "", "fatal: Needed a single revision\n"},
		{"config a.b", 1, "", ""},
		{"-c alias.die=!kill$IFS-TERM$IFS$PPID;sleep$IFS\\9 die", 128 + 15, "", ""},
	}
	for _, c := range cases {
		var out, errOut bytes.Buffer
		code, err := r.Attach(t.Context(), strings.NewReader("content"), &out, &errOut, strings.Fields(c.args)...)
		if err != nil {
			t.Fatal(err)
		}
		if code != c.code || out.String() != c.out || errOut.String() != c.err {
			t.Errorf("git %s: %d %q %q", c.args, code, out.String(), errOut.String())
		}
	}
	if _, err := (Runner{Dir: "/absent", Env: []string{}}).Attach(t.Context(), nil, nil, nil, "version"); err != nil {
		t.Errorf("git's own failures are its exit code: %v", err)
	}
}
