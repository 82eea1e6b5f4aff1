// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/copies"
)

var _ copies.Witness = (*Witness)(nil)

// A witness does not repeat what it was told earlier.
func TestWitnessAsksAnew(t *testing.T) {
	chunks := random(12, 2)
	to, s := pushed(t, chunks)
	server := to.server(s)
	source, witness := server.Source(), server.Witness()
	defer source.Close()
	if s, w := copies.Identity(source), copies.Identity(witness); s != w || w == "" {
		t.Errorf("the source is known as %q, the witness as %q", s, w)
	}
	has := func(have func() ([]bool, error), want bool) {
		t.Helper()
		got, err := have()
		must(t, err)
		if diff := cmp.Diff([]bool{want, want}, got); diff != "" {
			t.Error(diff)
		}
	}
	all := ids(chunks)
	bySource := func() ([]bool, error) { return source.Have(t.Context(), all) }
	byWitness := func() ([]bool, error) { return witness.Have(t.Context(), all) }
	has(bySource, true)
	has(byWitness, true)
	for _, ref := range s.refs() {
		s.run("update-ref", "-d", ref)
	}
	has(bySource, true) // it is static
	has(byWitness, false)
}
