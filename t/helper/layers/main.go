// SPDX-License-Identifier: Apache-2.0

// Command layers checks that the packages of the module in the current
// directory import each other in one direction only,
//
//	cmd -> porcelain -> plumbing -> chunkstore
//
// and that the libraries which shape a layer stay in it. It prints each import
// that is forbidden and why, and exits 1 if there is one.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const module = "github.com/git-devops/git-devops/"

// pkg is what go list says about a package.
type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func main() {
	bad, err := check()
	for _, line := range bad {
		fmt.Println(line)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "layers:", err)
		os.Exit(128)
	case len(bad) > 0:
		os.Exit(1)
	}
}

func check() (bad []string, err error) {
	list := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := list.Start(); err != nil {
		return nil, err
	}
	for dec := json.NewDecoder(out); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return bad, list.Wait()
		} else if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		bad = append(bad, p.forbidden()...)
	}
}

// forbidden returns a line for each import the package must not have.
func (p pkg) forbidden() (bad []string) {
	from := strings.TrimPrefix(p.ImportPath, module)
	report := func(imported, why string) {
		if why != "" {
			bad = append(bad, fmt.Sprintf("%s imports %s: %s", from, imported, why))
		}
	}
	for _, imported := range p.Imports {
		if why := ours(from, imported); why != "" {
			report(imported, why)
		} else {
			report(imported, library(from, imported))
		}
	}
	// Tests may use any library, but not turn a layer round.
	for _, imported := range append(p.TestImports, p.XTestImports...) {
		report(imported, ours(from, imported))
	}
	return bad
}

func layer(path string) string {
	top, _, _ := strings.Cut(path, "/")
	return top
}

// ours says why a package must not import another of this module, or "".
func ours(from, imported string) string {
	to, found := strings.CutPrefix(imported, module)
	if !found {
		return ""
	}
	may := map[string][]string{
		"cmd":        {"porcelain"},
		"porcelain":  {"porcelain", "plumbing", "chunkstore", "hooks"},
		"plumbing":   {"plumbing", "chunkstore"},
		"chunkstore": {"chunkstore"},
		// Helper programs and measurements stand outside.
		"t": {"t", "porcelain", "plumbing", "chunkstore"},
	}
	for _, l := range may[layer(from)] {
		if layer(to) == l {
			return ""
		}
	}
	return "the layers are cmd, porcelain, plumbing, chunkstore, each using only those after it"
}

// library says why a package must not import one of another module, or "".
func library(from, imported string) string {
	owner := map[string]string{
		"github.com/libgit2/git2go/v34": "plumbing/repo",
		"golang.org/x/term":             "porcelain/ui",
		"github.com/spf13/cobra":        "porcelain",
		"github.com/spf13/pflag":        "porcelain",
	}
	if o := owner[imported]; o != "" && from != o && !strings.HasPrefix(from, o+"/") {
		return "only " + o + " may"
	}
	if layer(from) == "chunkstore" && !allowedInChunkstore(from, imported) {
		return "chunkstore uses the standard library, restic/chunker and x/sync only, and its stores what they are made of"
	}
	return ""
}

// inStore is what the packages of single stores may use beside that.
func inStore() map[string][]string {
	return map[string][]string{
		"chunkstore/passive": {"github.com/klauspost/compress/zlib"},
		"chunkstore/dir":     {"golang.org/x/sys/unix"},
		"chunkstore/s3":      {"github.com/minio/minio-go/v7", "github.com/minio/minio-go/v7/pkg/credentials"},
		"chunkstore/sealed":  {"filippo.io/age", "filippo.io/age/agessh", "golang.org/x/crypto/ssh"},
	}
}

func allowedInChunkstore(from, imported string) bool {
	std := !strings.Contains(layer(imported), ".") && imported != "C"
	return std || strings.HasPrefix(imported, module) ||
		imported == "github.com/restic/chunker" || strings.HasPrefix(imported, "golang.org/x/sync/") ||
		slices.Contains(inStore()[from], imported)
}
