// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"errors"
	"io"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// maxMerge is the size in bytes of the largest file that is merged line by
// line. A larger one is always a conflict.
const maxMerge = 16 << 20

var errTooLarge = errors.New("too large to merge")

// labels name the versions between conflict markers.
var labels = repo.MergeLabels{Base: "applied", Ours: "live", Theirs: "target"}

// mergeText returns what merges the content of a path, for mergeNode.
func (e *Engine) mergeText(path string) func(base, now, target chunkstore.ID) (chunkstore.ID, bool, error) {
	return func(base, now, target chunkstore.ID) (chunkstore.ID, bool, error) {
		merged, conflict, err := e.mergeVersions(path, base, now, target)
		if _, ok := errors.AsType[*repo.TooLargeError](err); ok || err == errTooLarge {
			return chunkstore.ID{}, false, nil
		}
		if err != nil || conflict {
			return chunkstore.ID{}, false, err
		}
		id := chunkstore.BlobID(merged)
		e.merged[id] = merged
		return id, true, nil
	}
}

func (e *Engine) mergeVersions(path string, base, now, target chunkstore.ID) (merged []byte, conflict bool, err error) {
	ours, err := e.liveContent(path, now)
	if err != nil {
		return nil, false, err
	}
	ancestor, err := e.blob(base, maxMerge)
	if err != nil {
		return nil, false, err
	}
	theirs, err := e.blob(target, maxMerge)
	if err != nil {
		return nil, false, err
	}
	return repo.MergeFile(ancestor, ours, theirs, labels)
}

// liveContent reads the small file at path, whose content is id.
func (e *Engine) liveContent(path string, id chunkstore.ID) ([]byte, error) {
	f, err := e.Root.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxMerge+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxMerge:
		return nil, errTooLarge
	case chunkstore.BlobID(data) != id:
		return nil, &rootfs.ChangedError{Path: path}
	}
	return data, nil
}
