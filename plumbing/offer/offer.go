// SPDX-License-Identifier: Apache-2.0

// Package offer lets a repository that runs out of room tell its peers which
// chunks it would like them to take. An offer is a list in a blob, named by a
// ref that peers fetch along with the branches: nothing is pushed to anybody,
// and whoever takes none of it does no harm. FORMAT.md specifies both.
//
// It moves no chunk, and drops none: packages replicate and copies do.
package offer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/repo"
)

const (
	// Ref names what this repository offers.
	Ref = "refs/devops/offer/chunks"
	// TakenRefs begins the names of the refs that peers' offers are fetched
	// to; the peer's name and "/chunks" follow.
	TakenRefs = "refs/devops/offers/"

	magic = "git-devops offer 1\n"
	// maxOffer is how many chunks an offer may list.
	maxOffer = 1 << 20
)

// Refspec is what git fetch needs for the offer of a remote. A remote without
// one matches nothing, which is no error.
func Refspec(remote string) string {
	return "+refs/devops/offer/*:" + TakenRefs + remote + "/*"
}

// Publish offers chunks, in place of what was offered before; none withdraw
// the offer.
func Publish(r *repo.Repo, chunks []chunkstore.Piece) error {
	old, there, err := r.Ref(Ref)
	if err != nil || !there && len(chunks) == 0 {
		return err
	}
	id, err := r.WriteObject("blob", encode(chunks))
	if err != nil {
		return fmt.Errorf("offer chunks: %w", err)
	}
	if id == old {
		return nil
	}
	return r.SwapRef(Ref, old, id, "devops: offer")
}

// Each calls fn with what each peer offered when its branches were last
// fetched. An offer that cannot be read is the peer's mistake: fn gets the
// error.
func Each(ctx context.Context, r *repo.Repo, g git.Runner, fn func(peer string, chunks []chunkstore.Piece, err error) error) error {
	out, err := g.Run(ctx, nil, "for-each-ref", "--format=%(refname)", TakenRefs)
	if err != nil {
		return err
	}
	for ref := range strings.Lines(string(out)) {
		ref = strings.TrimSuffix(ref, "\n")
		peer := strings.TrimSuffix(strings.TrimPrefix(ref, TakenRefs), "/chunks")
		chunks, err := read(r, ref)
		if err := fn(peer, chunks, err); err != nil {
			return err
		}
	}
	return nil
}

func read(r *repo.Repo, ref string) ([]chunkstore.Piece, error) {
	id, _, err := r.Ref(ref)
	if err != nil {
		return nil, err
	}
	kind, data, err := r.Object(id)
	if err == nil && kind != "blob" {
		err = fmt.Errorf("it is a %s", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, err)
	}
	return parse(data)
}

func encode(chunks []chunkstore.Piece) []byte {
	b := []byte(magic)
	for _, c := range chunks {
		b = append(b, c.ID.String()...)
		b = append(b, ' ')
		b = strconv.AppendInt(b, c.Length, 10)
		b = append(b, '\n')
	}
	return b
}

// parse accepts exactly what encode writes.
func parse(data []byte) ([]chunkstore.Piece, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return nil, malformed(1, "expected "+strings.TrimSpace(magic))
	}
	var chunks []chunkstore.Piece
	lines := bufio.NewScanner(bytes.NewReader(rest))
	for n := 2; lines.Scan(); n++ {
		c, err := parseLine(lines.Text())
		if err != nil {
			return nil, malformed(n, err.Error())
		}
		if len(chunks) == maxOffer {
			return nil, malformed(n, "too many chunks")
		}
		chunks = append(chunks, c)
	}
	if err := lines.Err(); err != nil {
		return nil, malformed(0, err.Error())
	}
	if !bytes.Equal(encode(chunks), data) {
		return nil, malformed(0, "not written as it should be")
	}
	return chunks, nil
}

func parseLine(line string) (c chunkstore.Piece, err error) {
	id, length, _ := strings.Cut(line, " ")
	if c.ID, err = chunkstore.ParseID(id); err != nil {
		return c, errors.New("expected a chunk's id")
	}
	if c.Length, err = strconv.ParseInt(length, 10, 64); err != nil || c.Length <= 0 || c.ID.IsZero() {
		return c, errors.New("expected a chunk's id and its length")
	}
	return c, nil
}

func malformed(line int, reason string) error {
	return &chunkstore.FormatError{What: "offer", Line: line, Reason: reason}
}
