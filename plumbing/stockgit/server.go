// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"context"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// The refs that this package makes on a server.
const (
	// ManifestRefs begins the name of the ref of a manifest.
	ManifestRefs = "refs/devops/manifests/"
	// PartRefs begins the names of the refs of a push under way.
	PartRefs = "refs/devops/parts/"

	allRefs = "refs/devops/*"
)

// A Server is a git server as one repository sees it.
type Server struct {
	Repo *repo.Repo
	// Git runs where a relative URL begins.
	Git git.Runner
	// Name is what a person calls the server: a remote, or the URL.
	Name string
	// URL is whatever git push and git fetch take.
	URL string
	// UploadPack and ReceivePack are the programs to run there, "" for
	// git's own: remote.<name>.uploadpack and .receivepack.
	UploadPack, ReceivePack string
}

// OfRemote returns the server that a remote of r stands for. url is where the
// remote leads: a remote may have several.
func OfRemote(r *repo.Repo, g git.Runner, remote, url string) (*Server, error) {
	s := &Server{Repo: r, Git: g, Name: remote, URL: url}
	for key, value := range map[string]*string{"uploadpack": &s.UploadPack, "receivepack": &s.ReceivePack} {
		if !isRemoteName(remote) {
			break
		}
		program, _, err := r.Config("remote." + remote + "." + key)
		if err != nil {
			return nil, err
		}
		*value = program
	}
	return s, nil
}

// isRemoteName tells a remote from a URL given in its place, where a
// configuration key of it could not be.
func isRemoteName(s string) bool { return s != "" && !strings.ContainsAny(s, "\n\x00") }

// A listing is what a server's refs say that it has.
type listing struct {
	manifests map[chunkstore.ID]chunkstore.ID // the tree of each manifest
	parts     map[string]chunkstore.ID        // the trees of parts, by ref
}

// list asks the server for its refs.
func (s *Server) list(ctx context.Context) (listing, error) {
	l := listing{map[chunkstore.ID]chunkstore.ID{}, map[string]chunkstore.ID{}}
	args := []string{"ls-remote", "-q", "--refs"}
	if s.UploadPack != "" {
		args = append(args, "--upload-pack="+s.UploadPack)
	}
	args = append(args, "--", s.URL, allRefs)
	err := s.Git.Lines(ctx, nil, args, func(line []byte) error {
		hex, ref, _ := strings.Cut(string(line), "\t")
		tree, err := chunkstore.ParseID(hex)
		if err != nil {
			return fmt.Errorf("read what the server listed: %w", err)
		}
		l.add(ref, tree)
		return nil
	})
	if err != nil {
		return listing{}, fmt.Errorf("ask %s for its chunks: %w", s.Name, err)
	}
	return l, nil
}

// add notes a ref of the server. Names that are not ours to make are passed
// over.
func (l listing) add(ref string, tree chunkstore.ID) {
	if hex, ok := strings.CutPrefix(ref, ManifestRefs); ok {
		if id, err := chunkstore.ParseID(hex); err == nil {
			l.manifests[id] = tree
		}
	}
	if strings.HasPrefix(ref, PartRefs) {
		l.parts[ref] = tree
	}
}

// manifest reads a manifest of the repository. It returns nil for one that is
// not here, or is of no version that is known.
func (s *Server) manifest(id chunkstore.ID) (*chunkstore.Manifest, error) {
	// libgit2 looks through the object directory again for each one that is
	// absent; a server may list thousands of those.
	if has, err := s.Repo.Has(id); err != nil || !has {
		return nil, err
	}
	data, ok, err := s.Repo.Manifest(id)
	if err != nil || !ok {
		return nil, err
	}
	m, err := chunkstore.ParseManifest(data)
	if err != nil {
		return nil, nil // fsck's business
	}
	return m, nil
}
