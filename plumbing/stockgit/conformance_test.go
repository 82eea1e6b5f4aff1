// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"fmt"
	"os"
	"testing"

	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/plumbing/ssh/sshtest"
	"github.com/git-devops/git-devops/plumbing/transfer/sourcetest"
)

// TestConformance: a bare repository behind a real sshd, and protocol v2. (Older
// ones give whole manifests: one damaged chunk costs all that are in its.)
func TestConformance(t *testing.T) {
	sshd := sshtest.Start(t, "AcceptEnv GIT_PROTOCOL")
	conn, err := ssh.Dial(t.Context(), ssh.Address{Host: "127.0.0.1", Port: sshd.Port, Path: "/"}, ssh.Options{Command: sshd.Command})
	must(t, err)
	defer conn.Close()
	sourcetest.Run(t, func(t *testing.T, chunks ...[]byte) sourcetest.Subject {
		to, s := pushed(t, chunks)
		server := to.server(s)
		server.URL = fmt.Sprintf("ssh://127.0.0.1:%d%s", sshd.Port, s.dir)
		server.Git = server.Git.With(conn.GitEnv()...)
		source := server.Source()
		t.Cleanup(func() {
			source.Close()
			to.clean()
		})
		return sourcetest.Subject{
			Source: source,
			Cut:    func() { must(t, os.Rename(s.dir, s.dir+".gone")) },
			Dir:    s.dir,
		}
	})
}
