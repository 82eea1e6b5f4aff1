// SPDX-License-Identifier: Apache-2.0

package node

import (
	"slices"
	"strings"
)

// An Aspect is a set of ways in which two nodes differ.
type Aspect uint16

// The aspects. Where the type differs nothing else is compared.
const (
	AspectType Aspect = 1 << iota
	AspectContent
	AspectMode
	AspectOwner
	AspectGroup
	AspectMtime
	AspectXattrs
	AspectDevice
	AspectLink
)

// Metadata are the aspects that can be set without writing content.
const Metadata = AspectMode | AspectOwner | AspectGroup | AspectMtime | AspectXattrs

var aspectNames = []string{"type", "content", "mode", "owner", "group", "mtime", "xattrs", "device", "link"}

// Names lists the aspects by name, in a fixed order.
func (a Aspect) Names() []string {
	var names []string
	for i, name := range aspectNames {
		if a&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

func (a Aspect) String() string { return strings.Join(a.Names(), ",") }

// Diff says in what live differs from want. Either may be nil for nothing at
// all. What want leaves open (Mtime) is not compared.
func Diff(want, live *Node) Aspect {
	if want == nil || live == nil {
		if want == live {
			return 0
		}
		return AspectType
	}
	if want.Type != live.Type {
		return AspectType
	}
	var a Aspect
	set := func(differs bool, aspect Aspect) {
		if differs {
			a |= aspect
		}
	}
	set(want.Content != live.Content, AspectContent)
	set(want.Perm != live.Perm && want.Type != Symlink, AspectMode)
	set(want.Owner != live.Owner, AspectOwner)
	set(want.Group != live.Group, AspectGroup)
	set(want.Mtime != nil && (live.Mtime == nil || *want.Mtime != *live.Mtime), AspectMtime)
	set(!slices.Equal(want.Xattrs, live.Xattrs), AspectXattrs)
	set(want.Device != live.Device, AspectDevice)
	set(want.Link != live.Link, AspectLink)
	return a
}
