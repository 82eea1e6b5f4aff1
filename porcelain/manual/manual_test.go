// SPDX-License-Identifier: Apache-2.0

package manual

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func page(t *testing.T) Page {
	t.Helper()
	text, err := os.ReadFile("testdata/help.txt")
	if err != nil {
		t.Fatal(err)
	}
	return Page{
		Name: "git-devops-thing", Summary: "do a thing",
		Synopsis: []string{"git devops thing [-n] <path>...", "git devops thing --all"},
		Sections: Parse(string(text)),
	}
}

func TestGolden(t *testing.T) {
	render := map[string]func(*bytes.Buffer) error{
		"testdata/page.1":   func(b *bytes.Buffer) error { return page(t).Roff(b, "2025-01-02") },
		"testdata/page.txt": func(b *bytes.Buffer) error { return page(t).Text(b) },
	}
	for file, write := range render {
		t.Run(file, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTerms(t *testing.T) {
	got := page(t).Sections[1].Terms()
	if diff := cmp.Diff([]string{"-n, --dry-run", "<path>..."}, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzParse holds Parse to its invariant: no word of the text is lost.
func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/help.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("::\n    \n* \n== \nAB\n")
	f.Add("\t\n     x\n")
	f.Fuzz(func(t *testing.T, text string) {
		var kept strings.Builder
		for _, s := range Parse(text) {
			kept.WriteString(s.Title + " ")
			collect(&kept, s.Blocks)
		}
		markup := strings.NewReplacer("* ", "", "== ", "", "::", "", " ", "", "\n", "", "\t", "",
			"\v", "", "\f", "", "\r", "", "\u0085", "", "\u00a0", "")
		want := markup.Replace(text)
		got := markup.Replace(strings.TrimPrefix(kept.String(), "DESCRIPTION"))
		if letters(got) != letters(want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func collect(b *strings.Builder, blocks []Block) {
	for _, bl := range blocks {
		b.WriteString(bl.Text + " ")
		collect(b, bl.Body)
	}
}

// letters drops what markup is made of.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("*=: ", r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.Join(strings.Fields(s), ""), ""))
}
