// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/plan"
)

func bare(t *testing.T) git.Runner {
	t.Helper()
	g := git.Runner{Dir: t.TempDir()}
	if _, err := g.Run(t.Context(), nil, "init", "-q", "--bare", "."); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestDriftRules(t *testing.T) {
	attributes := "/etc/** devops-drift=keep\n*.conf devops-drift=merge\n/etc/hosts !devops-drift\n"
	paths := []string{"etc/a", "etc/b.conf", "etc/hosts", "usr/x y", "-v"}
	got, err := driftRules(t.Context(), bare(t), []byte(attributes), paths)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]plan.Rule{"etc/a": plan.Keep, "etc/b.conf": plan.Merge}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDriftRulesOfManyPaths(t *testing.T) {
	var paths []string
	for i := range 3*maxPaths + 1 {
		paths = append(paths, fmt.Sprintf("etc/%d", i))
	}
	got, err := driftRules(t.Context(), bare(t), []byte("* devops-drift=fail\n"), paths)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if got[path] != plan.Fail {
			t.Fatalf("rule of %s = %q", path, got[path])
		}
	}
}

func TestDriftRulesUnknown(t *testing.T) {
	for _, value := range []string{"devops-drift", "devops-drift=maybe"} {
		_, err := driftRules(t.Context(), bare(t), []byte("* "+value+"\n"), []string{"a"})
		if e := (*RuleError)(nil); !errors.As(err, &e) || e.Path != "a" {
			t.Errorf("%s: %v", value, err)
		}
	}
}
