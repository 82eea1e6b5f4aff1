// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Commit is one of the commits by which this program remembers something:
// its author is its committer.
type Commit struct {
	Tree    chunkstore.ID
	Parents []chunkstore.ID
	Author  string    // as in "name <mail>"
	Time    time.Time // to the second
	Message string
}

// Author writes a commit's author for something done on a host, whatever bytes
// are in its name.
func Author(host string) string {
	clean := strings.Map(func(r rune) rune {
		if r <= ' ' || r == '<' || r == '>' || r == 0x7f {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(host, "-"))
	return "git-devops <git-devops@" + clean + ">"
}

// Encode gives the commit as git stores it.
func (c *Commit) Encode() []byte {
	b := fmt.Appendf(nil, "tree %s\n", c.Tree)
	for _, p := range c.Parents {
		b = fmt.Appendf(b, "parent %s\n", p)
	}
	for _, who := range []string{"author", "committer"} {
		b = fmt.Appendf(b, "%s %s %d +0000\n", who, c.Author, c.Time.Unix())
	}
	return fmt.Appendf(b, "\n%s", c.Message)
}

// Commit reads a commit. Where it was not made by this program, headers that a
// Commit has no room for are passed over. The error is a *chunkstore.CorruptError
// when there is something else.
func (r *Repo) Commit(id chunkstore.ID) (*Commit, error) {
	kind, data, err := r.Object(id)
	if err != nil {
		return nil, err
	}
	if kind != "commit" {
		return nil, &chunkstore.CorruptError{ID: id, Where: r.ObjectsDir(), Err: fmt.Errorf("is a %s, not a commit", kind)}
	}
	c, err := parseCommit(data)
	if err != nil {
		return nil, &chunkstore.CorruptError{ID: id, Where: r.ObjectsDir(), Err: err}
	}
	return c, nil
}

func parseCommit(data []byte) (*Commit, error) {
	head, message, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok {
		return nil, errors.New("commit without message")
	}
	c := &Commit{Message: string(message)}
	for i, line := range strings.Split(string(head), "\n") {
		key, value, _ := strings.Cut(line, " ")
		if (i == 0) != (key == "tree") {
			return nil, errors.New("commit without tree")
		}
		if err := c.set(key, value); err != nil {
			return nil, fmt.Errorf("commit with bad %s: %w", key, err)
		}
	}
	return c, nil
}

func (c *Commit) set(key, value string) (err error) {
	switch key {
	case "tree":
		c.Tree, err = chunkstore.ParseID(value)
	case "parent":
		var p chunkstore.ID
		p, err = chunkstore.ParseID(value)
		c.Parents = append(c.Parents, p)
	case "author":
		c.Author, c.Time, err = parseSignature(value)
	}
	return err
}

// parseSignature reads "name <mail> seconds zone".
func parseSignature(value string) (author string, at time.Time, err error) {
	end := strings.LastIndexByte(value, '>') + 1
	author = value[:end]
	seconds, _, _ := strings.Cut(strings.TrimPrefix(value[end:], " "), " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	return author, time.Unix(unix, 0).UTC(), err
}
