// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/pktline"
)

// A request is a command with its arguments. refused says why it is not to be
// carried out; the session goes on.
type request struct {
	command  string
	ids      []chunkstore.ID
	duration time.Duration
	token    string
	refused  *RemoteError
	fatal    error // there is no command, and the session cannot go on
}

// A requestReader reads what a client sends.
type requestReader struct{ r *pktline.Reader }

// hello reads the client's greeting and makes sure of its version. io.EOF says
// that the client has left without one.
func (q requestReader) hello() error {
	first, err := readLine(q.r)
	if err != nil {
		return err
	}
	version, ok := strings.CutPrefix(first, greeting+" ")
	if !ok {
		return complain("the first line is %q", first)
	}
	if version != fmt.Sprint(Version) {
		return &RemoteError{Code: CodeVersion, Text: fmt.Sprintf("version %q of the protocol is not spoken here, but %d", version, Version)}
	}
	_, _, err = readKeys(q.r, false)
	return err
}

// next reads a command. io.EOF says that the client has ended the session.
// Other errors end it: what was read cannot be relied on.
func (q requestReader) next() (request, error) {
	payload, kind, err := q.r.Next()
	if err != nil {
		return request{}, framing(err)
	}
	if kind == pktline.Flush {
		return request{}, io.EOF
	}
	if kind != pktline.Data {
		return request{}, complain("a command was expected, not a delimiter packet")
	}
	first, err := line(payload)
	if err != nil {
		return request{}, err
	}
	command, ok := strings.CutPrefix(first, "command=")
	if !ok {
		return request{}, complain("a command was expected, not %q", first)
	}
	req := request{command: command}
	switch command {
	case "have", "get", "lock", "unlock":
		return req, q.arguments(&req)
	}
	req.refused = &RemoteError{Code: CodeUnknown, Text: fmt.Sprintf("command %q is not known here", command)}
	return req, q.skip()
}

// arguments reads what follows the command's line.
func (q requestReader) arguments(req *request) error {
	keys, kind, err := readKeys(q.r, true)
	if err != nil {
		return err
	}
	if kind == pktline.Delim {
		if err := q.readIDs(req); err != nil {
			return err
		}
	}
	if (len(req.ids) == 0) != (req.command == "unlock") {
		return complain("command %q with %d ids", req.command, len(req.ids))
	}
	return req.use(keys)
}

func (q requestReader) readIDs(req *request) error {
	for {
		payload, kind, err := q.r.Next()
		if err != nil {
			return inside(err)
		}
		if kind == pktline.Flush {
			return nil
		}
		if kind == pktline.Delim {
			return complain("a delimiter packet is out of place")
		}
		if req.ids, err = appendIDs(req.ids, payload); err != nil {
			return err
		}
	}
}

// use takes the arguments from keys, each of which must mean something here.
func (req *request) use(keys map[string]string) error {
	for key, value := range keys {
		switch {
		case key == "duration" && req.command == "lock":
			seconds, err := parseNumber(value, int64(MaxLock/time.Second))
			if err != nil {
				return err
			}
			req.duration = time.Duration(seconds) * time.Second
		case key == "token" && req.command == "unlock":
			if !validToken(value) {
				return complain("%q is not a token", value)
			}
			req.token = value
		default:
			req.refused = &RemoteError{Code: CodeSyntax, Text: fmt.Sprintf("command %q has no argument %q", req.command, key)}
		}
	}
	switch {
	case req.refused != nil:
	case req.command == "lock" && req.duration == 0:
		req.refused = &RemoteError{Code: CodeSyntax, Text: "a lock needs a duration"}
	case req.command == "unlock" && req.token == "":
		req.refused = &RemoteError{Code: CodeSyntax, Text: "unlock needs a token"}
	}
	return nil
}

// skip reads to the end of a command that is not known.
func (q requestReader) skip() error {
	left := maxCommand
	for {
		payload, kind, err := q.r.Next()
		if err != nil {
			return inside(err)
		}
		if kind == pktline.Flush {
			return nil
		}
		// An empty packet counts, too: there may be any number of them.
		if left -= len(payload) + 4; left < 0 {
			return &RemoteError{Code: CodeLimit, Text: fmt.Sprintf("a command has more than %d bytes", maxCommand)}
		}
	}
}
