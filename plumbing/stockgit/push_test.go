// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

func push(t *testing.T, s *Server, m *machine, o PushOptions, needed ...Needed) Pushed {
	t.Helper()
	p, err := s.Push(t.Context(), m.store, needed, o)
	must(t, err)
	return p
}

func TestPushSendsOnlyWhatIsNew(t *testing.T) {
	m, s := newMachine(t), newStock(t)
	chunks := random(1, 40)
	m.hold(chunks...)
	first := m.manifest("file", chunks[:39]...)
	if p := push(t, m.server(s), m, PushOptions{}, first, first); p.Manifests != 1 || p.Chunks != 39 || p.Bytes != 39*chunkSize {
		t.Errorf("first: %+v", p)
	}
	before := s.size()
	if p := push(t, m.server(s), m, PushOptions{}, first); p.Manifests != 0 || s.size() != before {
		t.Errorf("again: %+v, %d bytes", p, s.size()-before)
	}
	edited := slices.Clone(chunks[:39])
	edited[20] = chunks[39]
	second := m.manifest("file", edited...)
	if p := push(t, m.server(s), m, PushOptions{}, second); p.Chunks != 1 || p.Bytes != chunkSize {
		t.Errorf("second: %+v", p)
	}
	// The chunk, a tree of 40 entries and an index of two objects.
	if sent := s.size() - before; sent < chunkSize || sent > chunkSize+8<<10 {
		t.Errorf("%d bytes were sent", sent)
	}
	s.clean()
	m.clean()
	s.run("gc", "-q", "--prune=now")
	for _, c := range chunks {
		s.run("cat-file", "-e", chunkstore.BlobID(c).String())
	}
	if diff := cmp.Diff(2, len(s.refs())); diff != "" {
		t.Error(diff)
	}
}

// TestPushWhatOnlyTheServerHas: a chunk that is there need not be here.
func TestPushWhatOnlyTheServerHas(t *testing.T) {
	m, other, s := newMachine(t), newMachine(t), newStock(t)
	chunks := random(2, 3)
	m.hold(chunks[:2]...)
	push(t, m.server(s), m, PushOptions{}, m.manifest("a", chunks[:2]...))
	other.manifest("a", chunks[:2]...)
	other.hold(chunks[2])
	if p := push(t, other.server(s), other, PushOptions{}, other.manifest("b", chunks[2], chunks[0])); p.Chunks != 1 {
		t.Errorf("%+v", p)
	}
	s.clean()
	other.clean()
}

func TestPushRefusesWhatIsNowhere(t *testing.T) {
	m, s := newMachine(t), newStock(t)
	chunks := random(3, 14)
	m.hold(chunks[0])
	needed := []Needed{m.manifest("whole", chunks[0])}
	for i, c := range chunks[1:] {
		needed = append(needed, m.manifest(fmt.Sprint("lacks ", i), chunks[0], c))
	}
	_, err := m.server(s).Push(t.Context(), m.store, needed, PushOptions{})
	absent := (*AbsentError)(nil)
	if !errors.As(err, &absent) || len(absent.Files) != maxAbsent || absent.More != 3 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{`"lacks 0"`, needed[1].ID.String(), "origin", "and 3 more"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if refs := s.refs(); len(refs) > 0 {
		t.Errorf("pushed: %v", refs)
	}
	m.clean()
}

// TestPushResumes: what a push that failed has sent is not sent again, within a
// manifest either.
func TestPushResumes(t *testing.T) {
	m, s := newMachine(t), newStock(t)
	chunks := random(4, 20)
	m.hold(chunks...)
	small, large := m.manifest("small", chunks[0]), m.manifest("large", chunks...)
	// The third push is refused.
	s.hook("pre-receive", "echo x >>count; test $(wc -l <count) != 3")
	o := PushOptions{BatchBytes: 5 * chunkSize}
	if _, err := m.server(s).Push(t.Context(), m.store, []Needed{small, large}, o); err == nil {
		t.Fatal("pushed through a hook that refuses")
	}
	m.clean()
	p := push(t, m.server(s), m, o, small, large)
	if p.Manifests != 1 || p.Chunks == 0 || p.Chunks > 11 {
		t.Errorf("resumed with %+v", p)
	}
	want := []string{ManifestRefs + small.ID.String(), ManifestRefs + large.ID.String()}
	slices.Sort(want)
	if diff := cmp.Diff(want, s.refs()); diff != "" {
		t.Error(diff)
	}
	if total := s.size(); total > 21*chunkSize+chunkSize/2 {
		t.Errorf("the server has %d bytes of 20 chunks", total)
	}
	s.clean()
}

// TestPushBesideAnother: both make the same refs.
func TestPushBesideAnother(t *testing.T) {
	s := newStock(t)
	chunks := random(5, 12)
	errs := make(chan error, 4)
	for range cap(errs) {
		m := newMachine(t)
		m.hold(chunks...)
		var needed []Needed
		for i := range chunks {
			needed = append(needed, m.manifest("file", chunks[i]))
		}
		go func() {
			_, err := m.server(s).Push(context.Background(), m.store, needed, PushOptions{BatchBytes: 3 * chunkSize})
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := len(s.refs()); n != len(chunks) {
		t.Errorf("%d refs", n)
	}
	s.clean()
}

func TestPushDoesNotTrustOtherTrees(t *testing.T) {
	m, s := newMachine(t), newStock(t)
	chunks := random(6, 2)
	m.hold(chunks...)
	needed := m.manifest("file", chunks...)
	empty := s.run("mktree", "--missing")
	s.run("update-ref", ManifestRefs+needed.ID.String(), empty)
	s.run("update-ref", ManifestRefs+"nonsense", empty)
	if p := push(t, m.server(s), m, PushOptions{}, needed); p.Chunks != 2 {
		t.Errorf("%+v", p)
	}
	if tree := s.run("rev-parse", ManifestRefs+needed.ID.String()); tree == empty {
		t.Error("the ref still names nothing")
	}
	s.clean()
}

func TestPushOfWhatNeedsNoChunks(t *testing.T) {
	m, s := newMachine(t), newStock(t)
	later, err := m.repo.WriteObject("blob", []byte("git-devops manifest 2\n"))
	must(t, err)
	p := push(t, m.server(s), m, PushOptions{}, m.manifest("empty"), Needed{later, "later"})
	if p.Manifests != 0 || len(p.Unread) != 1 || p.Unread[0].Path != "later" || len(s.refs()) > 0 {
		t.Errorf("%+v, %v", p, s.refs())
	}
}

// TestPushUnderConfiguration: the server is reached as the repository says.
func TestPushUnderConfiguration(t *testing.T) {
	m, s := newMachine(t), newStock(t)
	m.run("config", "url.file://"+s.dir+".insteadOf", "chunks:")
	m.hold(random(7, 1)...)
	m.git = m.git.With("GIT_DIR="+filepath.Join(m.dir, ".git"), "GIT_WORK_TREE="+m.dir)
	server := m.server(s)
	server.URL = "chunks:"
	push(t, server, m, PushOptions{}, m.manifest("file", random(7, 1)...))
	server.URL = "--upload-pack=touch /tmp/x"
	if _, err := server.Push(t.Context(), m.store, nil, PushOptions{}); err == nil {
		t.Error("a URL that is an option was taken")
	}
}

func TestScratchOfTheDeadIsCleared(t *testing.T) {
	m := newMachine(t)
	alive, err := newScratch(m.repo, m.git, true)
	must(t, err)
	dead, err := newScratch(m.repo, m.git, false)
	must(t, err)
	must(t, dead.lock.Close())
	third, err := newScratch(m.repo, m.git, false)
	must(t, err)
	if _, err := os.Stat(dead.dir); !os.IsNotExist(err) {
		t.Errorf("the dead one's: %v", err)
	}
	if _, err := os.Stat(filepath.Join(alive.dir, "HEAD")); err != nil {
		t.Error(err)
	}
	if out, err := alive.git.Run(t.Context(), nil, "rev-parse", "--is-bare-repository"); err != nil || !bytes.HasPrefix(out, []byte("true")) {
		t.Errorf("%s %v", out, err)
	}
	alive.remove()
	third.remove()
	m.clean()
}
