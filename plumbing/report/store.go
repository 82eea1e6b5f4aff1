// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// RefPrefix is what the refs of reports begin with; the host's name follows.
const RefPrefix = host.ReportsPrefix

// file is the report in a commit's tree.
const file = "report"

// Name makes of a machine's name one that a ref can have.
func Name(host string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r) {
			return r
		}
		return '-'
	}, host[:min(len(host), 200)])
	for strings.Contains(name, "..") {
		name = strings.ReplaceAll(name, "..", ".")
	}
	if name = strings.TrimSuffix(strings.Trim(name, ".-"), ".lock"); name == "" {
		return "localhost"
	}
	return name
}

// Write adds a report to its host's. It is durable when Write returns.
func Write(ctx context.Context, r *repo.Repo, report *Report) (chunkstore.ID, error) {
	blob, err := r.WriteObject("blob", report.Encode())
	if err != nil {
		return blob, err
	}
	trees := repo.BuildTrees([]repo.Entry{{Path: file, Mode: repo.ModeFile, ID: blob}})
	tree, err := r.WriteObject("tree", trees[0].Body)
	if err != nil {
		return tree, err
	}
	for {
		id, err := add(r, report, tree)
		if !errors.Is(err, repo.ErrRefMoved) || ctx.Err() != nil {
			return id, err
		}
	}
}

func add(r *repo.Repo, report *Report, tree chunkstore.ID) (chunkstore.ID, error) {
	ref := RefPrefix + Name(report.Host)
	last, ok, err := r.Ref(ref)
	if err != nil {
		return last, err
	}
	c := repo.Commit{Tree: tree, Author: repo.Author(report.Host), Time: report.Started.Add(report.Took), Message: report.message()}
	if ok {
		c.Parents = []chunkstore.ID{last}
	}
	id, err := r.WriteObject("commit", c.Encode())
	if err != nil {
		return id, err
	}
	return id, r.SwapRef(ref, last, id, report.subject())
}

func (r *Report) subject() string {
	return fmt.Sprintf("%s: %s, %d steps", r.Verb, r.Outcome, len(r.Steps)+r.Omitted)
}

func (r *Report) message() string {
	text := r.subject() + "\n\n"
	for _, t := range []struct{ key, value string }{
		{"Applied", hex(r.Base)}, {"Target", hex(r.Target)}, {"Plan", r.Plan}, {"Run", r.Run},
	} {
		if t.value != "" {
			text += t.key + ": " + t.value + "\n"
		}
	}
	return text
}

// A Reporter is a host with its newest report's commit.
type Reporter struct {
	Host   string
	Newest chunkstore.ID
}

// Hosts lists the hosts that there are reports of, by name.
func Hosts(ctx context.Context, g git.Runner) ([]Reporter, error) {
	var hosts []Reporter
	args := []string{"for-each-ref", "--format=%(objectname) %(refname)", RefPrefix}
	err := g.Lines(ctx, nil, args, func(line []byte) error {
		hexID, ref, _ := strings.Cut(string(line), " ")
		id, err := chunkstore.ParseID(hexID)
		if err != nil {
			return err
		}
		hosts = append(hosts, Reporter{strings.TrimPrefix(ref, RefPrefix), id})
		return nil
	})
	return hosts, err
}

// Read reads the report of a commit, which may be another machine's.
func Read(r *repo.Repo, commit chunkstore.ID) (*Report, error) {
	_, blob, err := r.Lookup(commit.String(), file)
	if err != nil {
		return nil, err
	}
	_, data, err := r.ObjectAtMost(blob, maxSize)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", commit, err)
	}
	report, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", commit, err)
	}
	return report, nil
}

// Log calls fn with the commits of a host's reports and when they were made,
// newest first, until it returns false.
func Log(r *repo.Repo, host string, fn func(commit chunkstore.ID, at time.Time) (bool, error)) error {
	id, ok, err := r.Ref(RefPrefix + Name(host))
	for ok && err == nil {
		var c *repo.Commit
		if c, err = r.Commit(id); err != nil {
			return err
		}
		if ok, err = fn(id, c.Time); len(c.Parents) == 0 {
			return err
		}
		id = c.Parents[0]
	}
	return err
}
