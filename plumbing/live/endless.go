// SPDX-License-Identifier: Apache-2.0

package live

import (
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

// Endless is the size in bytes from which on a file is not read when its size
// tells already that it is another one. Most of such a file can only be holes,
// and those take a quarter of an hour for each terabyte.
const Endless = 1 << 40

// Unread is what a file that was not read, because of its size, has for content:
// no blob has that id, and no other file. It is not large.
func (id *Identity) Unread() chunkstore.ID {
	return chunkstore.BlobID(id.appendTo([]byte("not read: ")))
}

// compare is content for comparing it with what is wanted.
func (r *reader) compare(at *place, it *item) error {
	if f := &it.found; !f.flags.has(flagContent) && r.unread(&f.id, it.want) {
		f.content = f.id.Unread() // the cache does not get it
		return nil
	}
	return r.content(at, it, it.want.Large, it.want.Content)
}

// unread tells whether what was found need not be read to know that it is not
// what is wanted.
func (r *reader) unread(id *Identity, want *node.Node) bool {
	if id.Mode&unix.S_IFMT != unix.S_IFREG || id.Size < Endless {
		return false
	}
	if want.Type != node.File || want.Content == id.Unread() {
		return true
	}
	if r.Size == nil {
		return false
	}
	size, ok := r.Size(want.Content, want.Large)
	return ok && size != id.Size
}
