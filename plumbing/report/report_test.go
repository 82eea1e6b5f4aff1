// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/repo"
)

func example() *Report {
	secret := node.Default(node.File, false)
	secret.Content = chunkstore.BlobID([]byte("1234"))
	step := Of(&plan.Step{Kind: plan.Write, Path: "etc/\xff", From: &secret, To: &secret, Aspects: node.AspectContent | node.AspectMode, Drift: true})
	step.Outcome = Done
	return &Report{
		Host: "web-07", Verb: "apply", Type: "web", Run: "r1", Base: chunkstore.ID{1}, Target: chunkstore.ID{2}, Plan: "abc",
		Started: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), Took: 1234 * time.Millisecond, Outcome: Partly, Drift: chunkstore.ID{3},
		Steps: []Step{step, {Kind: plan.Run, Path: "nginx", Outcome: Failed, Took: time.Second, Reason: "exit status <1>"}},
	}
}

func TestEncode(t *testing.T) {
	id := func(c string) string { return c + strings.Repeat("0", 38) }
	want := `{"report":1,"host":"web-07","verb":"apply","machine_type":"web","run":"r1","base":"` + id("01") + `","target":"` + id("02") +
		`","plan":"abc","started":"2026-01-02T03:04:05.678Z","ms":1234,"outcome":"partly","drift":"` + id("03") + `","steps":2}
{"step":"write","path":{"base64":"ZXRjL/8="},"aspects":["content","mode"],"drift":true,"outcome":"done"}
{"step":"run","path":"nginx","outcome":"failed","ms":1000,"reason":"exit status <1>"}
`
	data := example().Encode()
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("the report differs (-want +got):\n%s", diff)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(example(), got); diff != "" {
		t.Errorf("it comes back different (-want +got):\n%s", diff)
	}
}

func TestAddLeavesOut(t *testing.T) {
	r := example()
	r.Steps = nil
	for i := range maxSteps + 3 {
		s := Step{Kind: plan.Write, Path: "a", Outcome: Done}
		if i == maxSteps+1 {
			s.Outcome = Failed
		}
		r.Add(s)
	}
	got, err := Decode(r.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Steps); n != maxSteps+1 || got.Steps[n-1].Outcome != Failed || got.Omitted != 2 {
		t.Errorf("%d steps are there and %d left out", n, got.Omitted)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := string(example().Encode())
	for name, data := range map[string]string{
		"nothing": "", "no JSON": "x\n", "a step is missing": good[:strings.LastIndex(good, `{"step"`)], "cut off": good[:len(good)-3],
		"an id": strings.Replace(good, `"base":"01`, `"base":"xx`, 1), "a time": strings.Replace(good, "2026-", "2026/", 1),
	} {
		if _, err := Decode([]byte(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Decode([]byte(`{"report":2}`)); !errors.Is(err, ErrVersion) {
		t.Errorf("the error is %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(example().Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err != nil {
			return
		}
		encoded := r.Encode()
		again, err := Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(encoded), string(again.Encode())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestName(t *testing.T) {
	for host, want := range map[string]string{
		"web-07.example.org": "web-07.example.org", "": "localhost", "...": "localhost", "a..b/../c": "a.b-.-c", "-x.lock": "x",
		"a b\x00~^:?*[\\ü": "a-b", "x.lock.": "x",
	} {
		got := Name(host)
		if got != want {
			t.Errorf("Name(%q) = %q, want %q", host, got, want)
		}
		if _, err := (git.Runner{}).Run(t.Context(), nil, "check-ref-format", RefPrefix+got); err != nil {
			t.Errorf("Name(%q) = %q, which git refuses", host, got)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	g := git.Runner{Dir: dir}
	if err := g.Init(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var want []chunkstore.ID
	for _, host := range []string{"b", "a", "a"} {
		report := example()
		report.Host = host
		id, err := Write(t.Context(), r, report)
		if err != nil {
			t.Fatal(err)
		}
		want = append([]chunkstore.ID{id}, want...)
	}
	if diff := cmp.Diff([]Reporter{{"a", want[0]}, {"b", want[2]}}, mustHosts(t, g)); diff != "" {
		t.Errorf("the hosts differ (-want +got):\n%s", diff)
	}
	var got []chunkstore.ID
	err = Log(r, "a", func(commit chunkstore.ID, at time.Time) (bool, error) {
		got = append(got, commit)
		report, err := Read(r, commit)
		if err == nil && (report.Host != "a" || at.Unix() != report.Started.Add(report.Took).Unix()) {
			t.Errorf("%v is of %s, %v", commit, report.Host, at)
		}
		return true, err
	})
	if diff := cmp.Diff(want[:2], got); err != nil || diff != "" {
		t.Errorf("the log differs (-want +got):\n%s%v", diff, err)
	}
	if _, err := g.Run(t.Context(), nil, "fsck", "--strict", "--full"); err != nil {
		t.Error(err)
	}
}

func mustHosts(t *testing.T, g git.Runner) []Reporter {
	t.Helper()
	hosts, err := Hosts(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}
