// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/plumbing/ssh/sshtest"
	"github.com/git-devops/git-devops/plumbing/transfer/sourcetest"
)

// TestConformance: a peer behind a real sshd.
func TestConformance(t *testing.T) {
	server := sshtest.Start(t)
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Run(t, func(t *testing.T, chunks ...[]byte) sourcetest.Subject {
		dir := t.TempDir()
		gitRun(t, dir, "init", "-q")
		hold(t, dir, chunks...)
		remote := Remote{Name: "web-07", Serve: program, Address: ssh.Address{Host: "127.0.0.1", Port: server.Port, Path: dir}}
		p, err := Open(t.Context(), remote, Options{SSH: ssh.Options{Command: server.Command}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return sourcetest.Subject{Source: p, Cut: func() { p.conn.Close() }, Dir: dir}
	})
}
