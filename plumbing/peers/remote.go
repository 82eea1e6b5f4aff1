// SPDX-License-Identifier: Apache-2.0

// Package peers knows the other machines of a repository, which are its git
// remotes, and opens them. Invariant: one run has one ssh connection to each
// peer, which git shares, and no process is left when a peer has been closed.
//
// What is said over a session is the business of package wire; a peer without
// git-devops is that of package stockgit.
package peers

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/ssh"
)

// A Remote is a git remote as a peer.
type Remote struct {
	Name string
	// URL is where git fetches from: the first, with url.<base>.insteadOf
	// applied.
	URL string
	// Address is what URL says, unless Err says why it is not a peer: an
	// *ssh.AddressError.
	Address ssh.Address
	Err     error
	// Serve is the program that answers there, remote.<name>.devopsServe.
	Serve string
}

// DefaultServe is the program that answers on a peer.
const DefaultServe = "git-devops"

// ErrNoURL says that a remote has no URL.
var ErrNoURL = errors.New("it has no URL")

// List returns the remotes by name, those that cannot be peers included.
func List(ctx context.Context, g git.Runner) ([]Remote, error) {
	remotes := map[string]*Remote{}
	rewritten := false
	args := []string{"config", "-z", "--get-regexp", `^(remote\..*\.(url|devopsserve)|url\..*\.insteadof)$`}
	err := g.Stream(ctx, nil, args, func(record []byte) error {
		key, value, _ := strings.Cut(string(record), "\n")
		name, ok := strings.CutPrefix(key, "remote.")
		if !ok {
			rewritten = true
			return nil
		}
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return nil // remote.url
		}
		name, variable := name[:dot], name[dot+1:]
		if remotes[name] == nil {
			remotes[name] = &Remote{Name: name}
		}
		remotes[name].set(variable, value)
		return nil
	})
	if err != nil && git.ExitCode(err) != 1 { // 1: there is none
		return nil, err
	}
	return finish(ctx, g, remotes, rewritten)
}

// set takes one value. Of several URLs git fetches from the first; of another
// key the last counts.
func (r *Remote) set(variable, value string) {
	switch {
	case variable == "devopsserve":
		r.Serve = value
	case r.URL == "":
		r.URL = value
	}
}

func finish(ctx context.Context, g git.Runner, remotes map[string]*Remote, rewritten bool) ([]Remote, error) {
	var list []Remote
	for _, name := range slices.Sorted(maps.Keys(remotes)) {
		r := remotes[name]
		if rewritten && r.URL != "" {
			out, err := g.Run(ctx, nil, "remote", "get-url", "--", name)
			if err != nil {
				return nil, err
			}
			r.URL = strings.TrimSuffix(string(out), "\n")
		}
		r.Serve = cmp.Or(r.Serve, DefaultServe)
		if r.URL == "" {
			r.Err = ErrNoURL
		} else {
			r.Address, r.Err = ssh.Parse(r.URL)
		}
		list = append(list, *r)
	}
	return list, nil
}
