// SPDX-License-Identifier: Apache-2.0

package completion

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
)

func TestScripts(t *testing.T) {
	for shell, want := range map[string]string{
		"bash": "complete -o default -F __start_git-devops git-devops",
		"zsh":  `requestComp="git-devops __complete ${words[2,-1]}"`,
		"fish": "complete -c git-devops",
	} {
		t.Run(shell, func(t *testing.T) {
			var out, errs bytes.Buffer
			env := porcelain.Env{Stdout: &out, Stderr: &errs, Dir: "/", Getenv: func(string) string { return "" }}
			code := porcelain.Main([]string{"git-devops", "completion", shell}, env,
				func(g *porcelain.Globals) []*cobra.Command { return []*cobra.Command{Command(g)} })
			if code != 0 || errs.Len() > 0 || !strings.Contains(out.String(), want) {
				t.Errorf("code %d, %q, no %q in the script", code, errs.String(), want)
			}
		})
	}
}
