// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"io"
	"os"

	"github.com/git-devops/git-devops/plumbing/pktline"
)

// A response is a handler's output on its way to git.
type response struct {
	s       *server
	content *pktline.Content // what git sends
	spool   spool            // output until content is at its end
	begun   bool             // git was told that there is output
	err     error
}

// Write implements io.Writer for handlers.
func (o *response) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	var n int
	if o.content.Ended() {
		if o.err = o.begin(); o.err != nil {
			return 0, o.err
		}
		n, o.err = o.s.w.Write(p)
	} else {
		n, o.err = o.spool.Write(p)
	}
	return n, o.err
}

// begin sends what has to precede the next byte of output.
func (o *response) begin() error {
	if o.begun {
		return nil
	}
	o.begun = true
	o.s.send("status=success")
	return o.spool.send(o.s.w)
}

// finish ends the response to git, all of whose content was read, and returns
// why the path failed, if it did. Errors of the stream stay in s.w.
func (o *response) finish(failed error) error {
	if failed == nil {
		failed = o.err
	}
	if failed == nil {
		failed = o.begin()
	}
	if o.begun {
		o.s.send() // the end of the content
	}
	if failed != nil {
		o.s.send("status=error")
		return failed
	}
	o.s.send() // the status stays as it is
	return nil
}

// maxMemory is how much of a spool is in memory, bytes.
const maxMemory = 1 << 20

// A spool keeps output until it may be sent.
type spool struct {
	dir  string
	mem  []byte
	file *os.File // what follows mem; has no name
}

// Write appends p.
func (sp *spool) Write(p []byte) (int, error) {
	if sp.file == nil && len(sp.mem)+len(p) <= maxMemory {
		sp.mem = append(sp.mem, p...)
		return len(p), nil
	}
	if sp.file == nil {
		f, err := os.CreateTemp(sp.dir, "filter-")
		if err != nil {
			return 0, err
		}
		sp.file = f
		if err := os.Remove(f.Name()); err != nil {
			return 0, err
		}
	}
	return sp.file.Write(p)
}

// send writes everything to w.
func (sp *spool) send(w io.Writer) error {
	if _, err := w.Write(sp.mem); err != nil {
		return err
	}
	sp.mem = nil
	if sp.file == nil {
		return nil
	}
	if _, err := sp.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{sp.file}, make([]byte, pktline.MaxPayload))
	return err
}

// close frees the file.
func (sp *spool) close() {
	if sp.file != nil {
		sp.file.Close()
	}
}
