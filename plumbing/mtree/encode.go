// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"encoding/base64"
	"fmt"

	"github.com/git-devops/git-devops/plumbing/node"
)

const header = "#mtree\n/set type=file uname=root gname=root\n"

// Encode returns the only text of s.
func (s *Spec) Encode() []byte {
	b := []byte(header)
	for path, e := range s.All() {
		b = append(appendEntry(appendPath(b, path), e), '\n')
	}
	return b
}

func appendPath(b []byte, path string) []byte {
	if path == node.RootPath {
		return append(b, '.')
	}
	return appendVis(append(b, "./"...), path)
}

func appendEntry(b []byte, e Entry) []byte {
	if e.Type != node.File {
		b = append(append(b, " type="...), e.Type...)
	}
	b = appendOwner(b, " uname=", " uid=", e.Owner, node.DefaultOwner)
	b = appendOwner(b, " gname=", " gid=", e.Group, node.DefaultGroup)
	if e.Perm != nil {
		b = fmt.Appendf(b, " mode=%04o", *e.Perm)
	}
	if e.Mtime != nil {
		b = fmt.Appendf(b, " time=%d.%09d", e.Mtime.Sec, e.Mtime.Nsec)
	}
	if e.Type == node.Char || e.Type == node.Block {
		b = fmt.Appendf(b, " device=native,%d,%d", e.Device.Major, e.Device.Minor)
	}
	if e.Link != "" {
		b = appendPath(append(b, " hardlink="...), e.Link)
	}
	if e.Optional {
		b = append(b, " optional"...)
	}
	for _, x := range e.Xattrs {
		b = append(appendVis(append(b, " xattr."...), x.Name), '=')
		b = base64.StdEncoding.AppendEncode(b, []byte(x.Value))
	}
	return b
}

func appendOwner(b []byte, nameKey, idKey, name, byDefault string) []byte {
	switch {
	case name == byDefault:
		return b
	case isID(name):
		return append(append(b, idKey...), name...)
	}
	return appendVis(append(b, nameKey...), name)
}
