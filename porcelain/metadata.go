// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A MetadataWord is one thing in which a path differs, but for a file's content.
type MetadataWord struct {
	What    string `json:"what"`
	Applied string `json:"applied"` // "" for nothing
	Live    string `json:"live"`
}

// MetadataWords tells of the metadata in which live differs from want. Either
// may be nil.
func MetadataWords(want, live *node.Node, aspects node.Aspect) (all []MetadataWord) {
	if want == nil || live == nil {
		return nil
	}
	add := func(a node.Aspect, what, applied, live string) {
		if aspects&a != 0 {
			all = append(all, MetadataWord{what, applied, live})
		}
	}
	add(node.AspectMode, "mode", fmt.Sprintf("%04o", want.Perm), fmt.Sprintf("%04o", live.Perm))
	add(node.AspectOwner, "owner", want.Owner, live.Owner)
	add(node.AspectGroup, "group", want.Group, live.Group)
	add(node.AspectMtime, "mtime", mtimeWord(want.Mtime), mtimeWord(live.Mtime))
	add(node.AspectDevice, "device", want.Device.String(), live.Device.String())
	add(node.AspectLink, "hard link to", want.Link, live.Link)
	if aspects&node.AspectXattrs != 0 {
		all = append(all, xattrWords(want.Xattrs, live.Xattrs)...)
	}
	return all
}

func mtimeWord(t *node.Mtime) string {
	if t == nil {
		return ""
	}
	return time.Unix(t.Sec, int64(t.Nsec)).UTC().Format(time.RFC3339Nano)
}

// xattrWords gives those that differ, whose values are bytes, quoted.
func xattrWords(want, live []node.Xattr) (all []MetadataWord) {
	values := map[string][2]string{}
	for i, side := range [][]node.Xattr{want, live} {
		for _, x := range side {
			v := values[x.Name]
			v[i] = fmt.Sprintf("%q", x.Value)
			values[x.Name] = v
		}
	}
	for name, v := range values {
		if v[0] != v[1] {
			all = append(all, MetadataWord{"xattr " + name, v[0], v[1]})
		}
	}
	slices.SortFunc(all, func(a, b MetadataWord) int { return strings.Compare(a.What, b.What) })
	return all
}

// String says it in a line.
func (w MetadataWord) String() string {
	return fmt.Sprintf("%s was %s, is %s", w.What, orAbsent(w.Applied), orAbsent(w.Live))
}

func orAbsent(s string) string {
	if s == "" {
		return "absent"
	}
	return ui.Path(s).String()
}
