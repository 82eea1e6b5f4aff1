// SPDX-License-Identifier: Apache-2.0

package offer

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/repo"
)

const example = "git-devops offer 1\n" +
	"564b12f45becba5fb2f70e270af067c1f13b3aab 5\n" +
	"e84fa9bbc98cc8493cdb253da085f04a127ce394 1048576\n"

func newRepo(t *testing.T) (*repo.Repo, git.Runner) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "r")
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, git.Runner{Dir: dir}
}

// TestOfferIsFetched goes from one repository to another.
func TestOfferIsFetched(t *testing.T) {
	want, err := parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	from, g := newRepo(t)
	to, h := newRepo(t)
	for _, chunks := range [][]chunkstore.Piece{want, want[:1], nil} {
		if err := Publish(from, chunks); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Run(t.Context(), nil, "fetch", "-q", g.Dir, Refspec("hub")); err != nil {
			t.Fatal(err)
		}
		seen := 0
		err := Each(t.Context(), to, h, func(peer string, got []chunkstore.Piece, err error) error {
			seen++
			if diff := cmp.Diff(chunks, got); peer != "hub" || err != nil || diff != "" {
				t.Errorf("from %q: %v\n%s", peer, err, diff)
			}
			return nil
		})
		if err != nil || seen != 1 {
			t.Errorf("%d offers, %v", seen, err)
		}
	}
}

func TestNothingToWithdraw(t *testing.T) {
	r, g := newRepo(t)
	if err := Publish(r, nil); err != nil {
		t.Fatal(err)
	}
	if _, there, err := r.Ref(Ref); there || err != nil {
		t.Errorf("there is an offer: %v, %v", there, err)
	}
	if _, err := g.Run(t.Context(), nil, "fetch", "-q", g.Dir, Refspec("hub")); err != nil {
		t.Error(err)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":           "",
		"another version":   "git-devops offer 2\n",
		"no newline":        example[:len(example)-1],
		"no length":         "git-devops offer 1\n564b12f45becba5fb2f70e270af067c1f13b3aab\n",
		"a length of 0":     "git-devops offer 1\n564b12f45becba5fb2f70e270af067c1f13b3aab 0\n",
		"a leading zero":    "git-devops offer 1\n564b12f45becba5fb2f70e270af067c1f13b3aab 05\n",
		"a negative length": "git-devops offer 1\n564b12f45becba5fb2f70e270af067c1f13b3aab -5\n",
		"capitals":          "git-devops offer 1\n564B12F45BECBA5FB2F70E270AF067C1F13B3AAB 5\n",
		"the null id":       "git-devops offer 1\n0000000000000000000000000000000000000000 5\n",
		"an empty line":     "git-devops offer 1\n\n",
	} {
		if got, err := parse([]byte(text)); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// FuzzParse shows that an offer that is accepted has one encoding.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		if chunks, err := parse(data); err == nil && !bytes.Equal(encode(chunks), data) {
			t.Errorf("%q becomes %q", data, encode(chunks))
		}
	})
}
