// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"fmt"

	git "github.com/libgit2/git2go/v34"
)

// MergeLabels name the three versions in conflict markers.
type MergeLabels struct{ Base, Ours, Theirs string }

// MergeFile merges text line by line, as git merge-file does: what theirs has
// changed since base is brought into ours. Where both changed the same lines,
// conflict is true and merged has both, between markers with the labels. A base
// of no bytes stands for none. Content with NUL bytes always conflicts, and
// then merged is ours.
func MergeFile(base, ours, theirs []byte, labels MergeLabels) (merged []byte, conflict bool, err error) {
	for _, version := range [][]byte{base, ours, theirs} {
		if bytes.IndexByte(version, 0) >= 0 {
			return ours, true, nil
		}
	}
	input := func(content []byte) git.MergeFileInput {
		return git.MergeFileInput{Mode: ModeFile, Contents: content}
	}
	result, err := git.MergeFile(input(base), input(ours), input(theirs), &git.MergeFileOptions{
		AncestorLabel: labels.Base, OurLabel: labels.Ours, TheirLabel: labels.Theirs,
		Flags: git.MergeFileStyleMerge,
	})
	if err != nil {
		return nil, false, fmt.Errorf("merge text: %w", err)
	}
	defer result.Free()
	return bytes.Clone(result.Contents), !result.Automergeable, nil
}
