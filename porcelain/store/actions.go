// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// add makes or recognises a store. The path of a directory may be relative.
func (v *verb) add(ctx context.Context, name, url string, recipients []string) error {
	if path, ok := strings.CutPrefix(url, "dir:"); ok && path != "" {
		url = "dir:" + v.g.Path(path)
	}
	for _, err := range []error{stores.CheckName(name), stores.CheckURL(url)} {
		if err != nil {
			return porcelain.Exit(porcelain.Usage, err)
		}
	}
	s, created, err := v.stores.Add(ctx, stores.Config{Name: name, URL: url, Recipients: recipients})
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := s.Check(ctx, stores.CheckOptions{})
	if err != nil {
		return err
	}
	v.g.UI.Info(added{s.Name(), s.Config.URL, s.Config.ID.String(), s.Mark().Sealed, created, n})
	if s.Mark().Sealed && len(s.Config.Recipients) == 0 {
		v.g.UI.Warnf("store '%s' is sealed and has no recipient here: it can be read with an identity (%s), and not written", name, stores.IdentityKey)
	}
	return nil
}

type added struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	ID      string `json:"id"`
	Sealed  bool   `json:"sealed"`
	Created bool   `json:"created"`
	Chunks  int    `json:"chunks"`
}

// Type implements ui.Record.
func (added) Type() string { return "added" }

// Text implements ui.Record.
func (a added) Text(*ui.UI) string {
	kind := ""
	if a.Sealed {
		kind = "sealed "
	}
	if a.Created {
		return fmt.Sprintf("made the %sstore '%s' in %s", kind, a.Name, a.URL)
	}
	return fmt.Sprintf("recognised the %sstore '%s' in %s, %d chunks", kind, a.Name, a.URL, a.Chunks)
}

func (v *verb) remove(ctx context.Context, name string) error {
	c, err := v.stores.Config(ctx, name)
	if err != nil {
		return err
	}
	if err := v.stores.Remove(ctx, name); err != nil {
		return err
	}
	v.g.UI.Infof("removed store '%s'; what is in %s stays there", name, c.URL)
	return nil
}

// list shows the stores, and what they had when they were last asked. It looks
// whether a directory is there; a bucket is not asked.
func (v *verb) list(ctx context.Context) error {
	configs, err := v.stores.List(ctx)
	if err != nil {
		return err
	}
	for _, c := range configs {
		r := v.known(c)
		if strings.HasPrefix(c.URL, "dir:") {
			s, err := v.stores.Open(ctx, c.Name)
			if err == nil {
				s.Close()
			}
			r.State = stateOf(err)
		}
		v.g.UI.Print(r)
	}
	return ctx.Err()
}

// known says what is remembered of a store.
func (v *verb) known(c stores.Config) status {
	r := status{Name: c.Name, URL: c.URL, ID: c.ID.String(), Recipients: len(c.Recipients)}
	s, err := v.stores.Known(c.Name)
	if err == nil && s.Origin == c.ID {
		r.Chunks, r.Asked = len(s.IDs), s.When.Format(time.RFC3339)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		v.g.UI.Warnf("%v", err)
	}
	return r
}

// stateOf says what became of opening a store.
func stateOf(err error) string {
	_, offline := errors.AsType[*passive.OfflineError](err)
	_, other := errors.AsType[*passive.WrongStoreError](err)
	switch {
	case err == nil:
		return "there"
	case offline:
		return "offline"
	case other:
		return "another"
	}
	return "unusable"
}

type status struct {
	Name       string `json:"name"`
	URL        string `json:"url"`
	ID         string `json:"id"`
	Recipients int    `json:"recipients"`
	State      string `json:"state,omitempty"` // "" when nobody was asked
	Chunks     int    `json:"chunks"`
	Asked      string `json:"asked,omitempty"` // RFC 3339, "" for never
	Damaged    int    `json:"damaged,omitempty"`
}

// Type implements ui.Record.
func (status) Type() string { return "store" }

// Text implements ui.Record.
func (r status) Text(*ui.UI) string {
	seen := "never asked"
	if r.Asked != "" {
		seen = fmt.Sprintf("%d chunks at %s", r.Chunks, r.Asked)
	}
	state := r.State
	if state == "" {
		state = "-"
	}
	return fmt.Sprintf("%-12s %-8s %s\n%21s %s", r.Name, state, r.URL, "", seen)
}
