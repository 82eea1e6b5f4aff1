// SPDX-License-Identifier: Apache-2.0

package git

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
)

func TestCopy(t *testing.T) {
	r := newRepo(t)
	add(t, r, "path")
	var out bytes.Buffer
	if err := r.Copy(t.Context(), &out, "cat-file", "blob", ":path"); err != nil || out.String() != "path" {
		t.Errorf("got %q, %v", &out, err)
	}
	if err := r.Copy(t.Context(), io.Discard, "cat-file", "blob", ":other"); ExitCode(err) != 128 {
		t.Errorf("no such object: %v", err)
	}
	want := errors.New("full")
	if err := r.Copy(t.Context(), refusing{want}, "cat-file", "blob", ":path"); err != want {
		t.Errorf("the writer's error is %v", err)
	}
	over, end := context.WithCancel(t.Context())
	end()
	if err := r.Copy(over, io.Discard, "version"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }
