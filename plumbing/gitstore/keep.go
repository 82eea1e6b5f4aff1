// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// What a .keep file says. A settled chunk pack keeps its .keep for good: stock
// git never rewrites it, and only our gc frees it. A pending one goes on with
// the name of its writer. See FORMAT.md.
const (
	keepChunks     = "git-devops chunks\n"
	removedChunks  = "git-devops removed chunks\n"
	pendingChunks  = "git-devops pending chunks "
	pendingObjects = "git-devops pending objects "
)

// pendingOf returns the kind and the writer that a .keep file names; pending
// is false for any other .keep file.
func pendingOf(keep string) (kind, writer string, pending bool) {
	data, err := os.ReadFile(keep)
	if err != nil {
		return "", "", false
	}
	for _, kind := range []string{pendingChunks, pendingObjects} {
		if name, ok := strings.CutPrefix(string(data), kind); ok {
			return kind, strings.TrimSuffix(name, "\n"), true
		}
	}
	return "", "", false
}

// isChunkPack tells whether a .keep file says that the pack is one of ours and
// nobody is writing it any more.
func isChunkPack(keep string) bool {
	data, err := os.ReadFile(keep)
	return err == nil && string(data) == keepChunks
}

// ours tells whether a .keep file says that the pack is a chunk pack.
func ours(keep string) bool {
	kind, _, _ := pendingOf(keep)
	return kind == pendingChunks || isChunkPack(keep)
}

// settleChunks makes the .keep of a chunk pack permanent.
func (s *Store) settleChunks(keep string) error { return s.writeKeep(keep, keepChunks) }

// writeKeep replaces a .keep file.
func (s *Store) writeKeep(keep, text string) error {
	f, err := spool.Create(s.spool, 0o444)
	if err != nil {
		return fmt.Errorf("settle pack: %w", err)
	}
	defer spool.Drop(f)
	if _, err := f.WriteString(text); err != nil {
		return fmt.Errorf("settle pack: %w", err)
	}
	// Not synced it might be empty after a power cut, and nobody's.
	if err := f.Sync(); err != nil {
		return fmt.Errorf("settle pack: %w", err)
	}
	if err := os.Rename(f.Name(), keep); err != nil {
		return fmt.Errorf("settle pack: %w", err)
	}
	return nil
}

// releaseObjects hands a pack over to git, which may repack it from now on.
func releaseObjects(p packfile.Pack) error {
	if p.Path == "" {
		return nil
	}
	if err := os.Remove(keepOf(p.Path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("settle pack: %w", err)
	}
	return nil
}

// drop removes a pending pack. One that is not pending, because a pack of the
// same content was there before, stays.
func (s *Store) drop(p packfile.Pack) error {
	if _, _, pending := pendingOf(keepOf(p.Path)); !pending {
		return nil
	}
	base := strings.TrimSuffix(p.Path, ".pack")
	s.packs.forget(base + ".idx")
	return removePack(base)
}

// removeSettled removes a settled chunk pack. Should we be killed meanwhile,
// its .keep tells gc that the rest can go.
func (s *Store) removeSettled(base string) error {
	if err := s.writeKeep(base+".keep", removedChunks); err != nil {
		return err
	}
	return removePack(base)
}

// clearRemoved finishes what a killed gc has begun to remove. What it has not
// begun to is looked at anew.
func (s *Store) clearRemoved() error {
	keeps, err := filepath.Glob(filepath.Join(globEscape(s.packDir), "*.keep"))
	if err != nil {
		return fmt.Errorf("look for packs: %w", err)
	}
	for _, keep := range keeps {
		if text, err := os.ReadFile(keep); err != nil || string(text) != removedChunks {
			continue
		}
		base := strings.TrimSuffix(keep, ".keep")
		_, err := os.Lstat(base + ".idx")
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = removePack(base)
		case err == nil:
			err = s.settleChunks(keep)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// removePack removes a pack, its index first, so that no reader finds a half.
func removePack(base string) error {
	for _, ext := range []string{".idx", ".pack", ".rev", ".keep"} {
		if err := os.Remove(base + ext); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove pack: %w", err)
		}
	}
	return nil
}

func keepOf(pack string) string { return strings.TrimSuffix(pack, ".pack") + ".keep" }
