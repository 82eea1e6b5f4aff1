// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/peers"
	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// add makes a git remote. A path that is relative to where the person is
// becomes one that git finds from anywhere.
func (v *verb) add(ctx context.Context, name, url string) error {
	addr, err := ssh.Parse(url)
	if err != nil {
		return err
	}
	if addr.Local() {
		url = v.g.Path(addr.Path)
	}
	remotes, err := peers.List(ctx, v.w.Git)
	if err != nil {
		return err
	}
	if i := find(remotes, name); i >= 0 {
		if remotes[i].URL == url {
			return nil
		}
		return &existsError{name, remotes[i].URL}
	}
	if _, err := v.w.Git.Run(ctx, nil, "remote", "add", "--", name, url); err != nil {
		return err
	}
	v.g.UI.Info(change{"added", name, url})
	return nil
}

func (v *verb) remove(ctx context.Context, name string) error {
	remotes, err := peers.List(ctx, v.w.Git)
	if err != nil {
		return err
	}
	i := find(remotes, name)
	if i < 0 {
		return &unknownError{name}
	}
	if _, err := v.w.Git.Run(ctx, nil, "remote", "remove", "--", name); err != nil {
		return err
	}
	if err := known.Open(v.w.Repo.CommonDir()).Forget(known.Peer(name)); err != nil {
		return err
	}
	v.g.UI.Info(change{"removed", name, remotes[i].URL})
	return nil
}

// list shows the remotes, and then the hosts that could become some.
func (v *verb) list(ctx context.Context) error {
	remotes, err := peers.List(ctx, v.w.Git)
	if err != nil {
		return err
	}
	var used []string
	for _, r := range remotes {
		used = append(used, r.Address.Host)
		v.g.UI.Print(recordOf(r))
	}
	hosts, err := ssh.Hosts(filepath.Join(v.sshDir(), "config"))
	if err != nil {
		v.g.UI.Warnf("%v", err)
	}
	for _, h := range hosts {
		if !slices.Contains(used, h) {
			v.g.UI.Info(host{h})
		}
	}
	return nil
}

func (v *verb) sshDir() string { return filepath.Join(v.g.Env.Getenv("HOME"), ".ssh") }

func find(remotes []peers.Remote, name string) int {
	return slices.IndexFunc(remotes, func(r peers.Remote) bool { return r.Name == name })
}

// A change is what add or remove did.
type change struct {
	done string
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Type implements ui.Record.
func (c change) Type() string { return c.done }

// Text implements ui.Record.
func (c change) Text(*ui.UI) string {
	return fmt.Sprintf("%s the peer '%s', %s", c.done, c.Name, c.URL)
}

type remote struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Reason string `json:"reason,omitempty"` // why it is no peer
}

func recordOf(r peers.Remote) remote {
	rec := remote{Name: r.Name, URL: r.URL}
	if e, ok := r.Err.(*ssh.AddressError); ok {
		rec.Reason = e.Reason
	} else if r.Err != nil {
		rec.Reason = r.Err.Error()
	}
	return rec
}

// Type implements ui.Record.
func (remote) Type() string { return "peer" }

// Text implements ui.Record.
func (r remote) Text(*ui.UI) string {
	s := fmt.Sprintf("%-12s %s", r.Name, ui.Path(r.URL))
	if r.Reason != "" {
		s += fmt.Sprintf(" (no peer: %s)", r.Reason)
	}
	return s
}

// A host is one that ssh knows, and git does not.
type host struct {
	Name string `json:"name"`
}

// Type implements ui.Record.
func (host) Type() string { return "host" }

// Text implements ui.Record.
func (h host) Text(*ui.UI) string {
	return fmt.Sprintf("%-12s (in ~/.ssh/config; git devops peer add %s %s:<path>)", "-", h.Name, h.Name)
}

// existsError says that a name is taken.
type existsError struct{ name, url string }

func (e *existsError) Error() string {
	return fmt.Sprintf("the peer '%s' exists already, with the URL %s", e.name, e.url)
}

// Hint says how to change it.
func (e *existsError) Hint() string {
	return fmt.Sprintf("'git remote set-url %s <url>' changes it", e.name)
}

// unknownError says that there is no such peer.
type unknownError struct{ name string }

func (e *unknownError) Error() string { return fmt.Sprintf("there is no peer '%s'", e.name) }

// Hint says where the names are.
func (*unknownError) Hint() string { return "'git devops peer list' shows the peers" }
