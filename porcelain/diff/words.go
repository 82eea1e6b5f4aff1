// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A word is one thing in which a path differs, but for a file's content.
type word struct {
	What    string `json:"what"`
	Applied string `json:"applied"` // "" for nothing
	Live    string `json:"live"`
}

// words tells of the metadata that differ.
func words(d difference) (all []word) {
	if d.live == nil {
		return nil
	}
	add := func(a node.Aspect, what, applied, live string) {
		if d.aspects&a != 0 {
			all = append(all, word{what, applied, live})
		}
	}
	want, live := d.want, d.live
	add(node.AspectMode, "mode", fmt.Sprintf("%04o", want.Perm), fmt.Sprintf("%04o", live.Perm))
	add(node.AspectOwner, "owner", want.Owner, live.Owner)
	add(node.AspectGroup, "group", want.Group, live.Group)
	add(node.AspectMtime, "mtime", mtime(want.Mtime), mtime(live.Mtime))
	add(node.AspectDevice, "device", want.Device.String(), live.Device.String())
	add(node.AspectLink, "hard link to", want.Link, live.Link)
	if d.aspects&node.AspectXattrs != 0 {
		all = append(all, xattrs(want.Xattrs, live.Xattrs)...)
	}
	return all
}

func mtime(t *node.Mtime) string {
	if t == nil {
		return ""
	}
	return time.Unix(t.Sec, int64(t.Nsec)).UTC().Format(time.RFC3339Nano)
}

// xattrs gives those that differ, whose values are bytes, quoted.
func xattrs(want, live []node.Xattr) (all []word) {
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
			all = append(all, word{"xattr " + name, v[0], v[1]})
		}
	}
	slices.SortFunc(all, func(a, b word) int { return strings.Compare(a.What, b.What) })
	return all
}

func kind(n *node.Node) string {
	if n == nil {
		return ""
	}
	return string(n.Type)
}

// A record is one path that differs.
type record struct {
	Path     ui.Path  `json:"path"`
	Aspects  []string `json:"aspects"`
	Metadata []word   `json:"metadata,omitempty"`
}

// Type implements ui.Record.
func (record) Type() string { return "difference" }

// Text implements ui.Record.
func (r record) Text(u *ui.UI) string {
	lines := []string{u.Paint(ui.Bold, r.Path.String()+": "+strings.Join(r.Aspects, ", "))}
	for _, w := range r.Metadata {
		lines = append(lines, fmt.Sprintf("    %s was %s, is %s", w.What, orNone(w.Applied), orNone(w.Live)))
	}
	return strings.Join(lines, "\n")
}

func orNone(s string) string {
	if s == "" {
		return "absent"
	}
	return ui.Path(s).String()
}
