// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// isMachine tells whether a root is the one that this process runs on.
func isMachine(root *rootfs.Root) bool {
	var machine unix.Stat_t
	info, err := root.Lstat(node.RootPath)
	return err == nil && unix.Stat("/", &machine) == nil && info.Dev == machine.Dev && info.Ino == machine.Ino
}

// askMachine makes the machine's name service answer what the files do not.
func (a *Accounts) askMachine() {
	a.users.service = service{
		id: func(name string) (uint32, bool) {
			u, err := user.Lookup(name)
			if err != nil {
				return 0, false
			}
			return parseID(u.Uid)
		},
		name: func(id uint32) (string, bool) {
			u, err := user.LookupId(strconv.FormatUint(uint64(id), 10))
			if err != nil {
				return "", false
			}
			return u.Username, true
		},
	}
	a.groups.service = service{
		id: func(name string) (uint32, bool) {
			g, err := user.LookupGroup(name)
			if err != nil {
				return 0, false
			}
			return parseID(g.Gid)
		},
		name: func(id uint32) (string, bool) {
			g, err := user.LookupGroupId(strconv.FormatUint(uint64(id), 10))
			if err != nil {
				return "", false
			}
			return g.Name, true
		},
	}
}

// askID asks the service once for each name: it may be on the network.
func (t *table) askID(name string) (uint32, bool) {
	return ask(t, t.service.id, &t.askedID, name)
}

func (t *table) askName(id uint32) (string, bool) {
	return ask(t, t.service.name, &t.askedOf, id)
}

func ask[K comparable, V any](t *table, service func(K) (V, bool), asked *map[K]answer[V], key K) (V, bool) {
	var a answer[V]
	if service == nil {
		return a.value, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	a, seen := (*asked)[key]
	if !seen {
		if *asked == nil {
			*asked = map[K]answer[V]{}
		}
		a.value, a.ok = service(key)
		(*asked)[key] = a
	}
	return a.value, a.ok
}
