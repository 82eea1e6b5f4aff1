// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/porcelain"
)

// maxOriginal bounds the command that a client asks for, in bytes: a path and
// some words.
const maxOriginal = 8192

// A grant is what the forced command line allows.
type grant struct {
	path     string // absolute
	readOnly bool
}

// A request is what a client wants, as far as it may have it.
type request struct {
	uploadPack bool
	readOnly   bool
}

// allow returns what the client may have of what it asked for: the wire
// protocol or git's upload-pack, of the granted repository and no other. A
// relative path is taken from home, where ssh would have started it.
func (g grant) allow(original, home string) (request, error) {
	if len(original) > maxOriginal {
		return request{}, refuse("a command of %d bytes", len(original))
	}
	words, err := splitWords(original)
	if err != nil {
		return request{}, refuse("%q: %v", original, err)
	}
	req, paths, ok := parse(words)
	if !ok {
		return request{}, refuse("%q; allowed are 'git-devops serve' and 'git-upload-pack' of one repository", original)
	}
	for _, path := range paths {
		if !g.covers(path, home) {
			return request{}, refuse("%q is not the repository that may be read here", path)
		}
	}
	req.readOnly = req.readOnly || g.readOnly
	return req, nil
}

func refuse(format string, args ...any) error {
	return porcelain.Exit(porcelain.Fatal, fmt.Errorf("refused: "+format, args...))
}

// parse recognises the commands that there are; paths has one path at most.
func parse(words []string) (req request, paths []string, ok bool) {
	args, serve := serveArgs(words)
	switch {
	case serve:
		paths = args
		if len(paths) > 0 && paths[0] == "--read-only" {
			req.readOnly, paths = true, paths[1:]
		}
		ok = len(paths) <= 1
	case hasPrefix(words, "git-upload-pack"):
		req.uploadPack, paths = true, words[1:]
		ok = len(paths) == 1
	case hasPrefix(words, "git", "upload-pack"):
		req.uploadPack, paths = true, words[2:]
		ok = len(paths) == 1
	}
	for _, path := range paths {
		ok = ok && path != "" && !strings.HasPrefix(path, "-")
	}
	return req, paths, ok
}

// serveArgs returns what follows the verb of this program, by any of its names.
// A client may say where it thinks that the program is: that is not run.
func serveArgs(words []string) (args []string, ok bool) {
	if len(words) == 0 {
		return nil, false
	}
	words = slices.Clone(words)
	if filepath.IsAbs(words[0]) {
		words[0] = words[0][strings.LastIndexByte(words[0], '/')+1:]
	}
	for _, names := range [][]string{{"git-devops", "serve"}, {"gdo", "serve"}, {"git", "devops", "serve"}} {
		if hasPrefix(words, names...) {
			return words[len(names):], true
		}
	}
	return nil, false
}

func hasPrefix(words []string, prefix ...string) bool {
	return len(words) >= len(prefix) && slices.Equal(words[:len(prefix)], prefix)
}

// covers reports whether a client's path leads to the granted repository.
func (g grant) covers(path, home string) bool {
	if !filepath.IsAbs(path) {
		if !filepath.IsAbs(home) {
			return false
		}
		path = filepath.Join(home, path)
	}
	theirs, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	ours, err := filepath.EvalSymlinks(g.path)
	return err == nil && topOf(theirs) == topOf(ours)
}

// topOf is the top of the work tree for a repository inside of one.
func topOf(path string) string {
	if filepath.Base(path) == ".git" {
		return filepath.Dir(path)
	}
	return path
}
