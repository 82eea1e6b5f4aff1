// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/git-devops/git-devops/plumbing/ssh"
)

// endDelay is how long a program that has closed its output gets to say with
// which exit code.
const endDelay = 2 * time.Second

// session is a program on a peer as a connection. When the program fails, that
// is what the reader is told at the end, rather than that the end came.
type session struct {
	*ssh.Process
	end sync.Once
	err error
}

func (s *session) Read(p []byte) (int, error) {
	n, err := s.Stdout.Read(p)
	if n == 0 && errors.Is(err, io.EOF) {
		if failed := s.wait(false); failed != nil {
			err = failed
		}
	}
	return n, err
}

func (s *session) Write(p []byte) (int, error) { return s.Stdin.Write(p) }

// Close ends the program, at once if it has not ended by itself.
func (s *session) Close() error {
	s.wait(true)
	return nil
}

// wait returns how the program ended. Whoever comes first decides whether it is
// killed.
func (s *session) wait(kill bool) error {
	if kill {
		s.Kill()
	}
	s.end.Do(func() {
		timer := time.AfterFunc(endDelay, s.Kill)
		defer timer.Stop()
		s.err = s.Wait()
	})
	return s.err
}
