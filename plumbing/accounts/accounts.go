// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"fmt"
	"math"
	"strconv"
	"sync"
)

// Accounts are the users and groups of one root. Its methods may be called
// concurrently.
type Accounts struct {
	users, groups table
}

// An UnknownError says that there is no such user or group.
type UnknownError struct {
	Kind string // "user" or "group"
	Name string
}

func (e *UnknownError) Error() string { return fmt.Sprintf("unknown %s %q", e.Kind, e.Name) }

// UID returns the id of a user. The error is an *UnknownError.
func (a *Accounts) UID(name string) (uint32, error) { return a.users.id(name) }

// GID returns the id of a group. The error is an *UnknownError.
func (a *Accounts) GID(name string) (uint32, error) { return a.groups.id(name) }

// Owner returns the name of a user, or the id's digits when it has none.
func (a *Accounts) Owner(uid uint32) string { return a.users.name(uid) }

// Group returns the name of a group, or the id's digits when it has none.
func (a *Accounts) Group(gid uint32) string { return a.groups.name(gid) }

// A table is what one file says, and after it the host's name service.
type table struct {
	kind  string
	ids   map[string]uint32
	names map[uint32]string

	service service // zero: the file is all there is
	mu      sync.Mutex
	askedID map[string]answer[uint32]
	askedOf map[uint32]answer[string]
}

// An answer is remembered, also when it is no.
type answer[T any] struct {
	value T
	ok    bool
}

// A service knows accounts that are not in the root's files.
type service struct {
	id   func(name string) (uint32, bool)
	name func(id uint32) (string, bool)
}

func newTable(kind string) table {
	return table{kind: kind, ids: map[string]uint32{}, names: map[uint32]string{}}
}

// add takes a line of the file. As in glibc, the first one counts.
func (t *table) add(name string, id uint32) {
	if _, ok := t.ids[name]; ok {
		return
	}
	t.ids[name] = id
	if _, ok := t.names[id]; !ok {
		t.names[id] = name
	}
}

func (t *table) id(name string) (uint32, error) {
	if id, ok := t.ids[name]; ok {
		return id, nil
	}
	if isNumber(name) {
		if id, ok := parseID(name); ok {
			return id, nil
		}
		return 0, &UnknownError{t.kind, name}
	}
	if id, ok := t.askID(name); ok {
		return id, nil
	}
	if name == superuser {
		return 0, nil
	}
	return 0, &UnknownError{t.kind, name}
}

func (t *table) name(id uint32) string {
	if name, ok := t.names[id]; ok {
		return name
	}
	if name, ok := t.askName(id); ok {
		return name
	}
	if id == 0 {
		return superuser
	}
	return strconv.FormatUint(uint64(id), 10)
}

// superuser is the name of id 0 also in a root without accounts, as one is
// before its first apply.
const superuser = "root"

// parseID reads an id as FormatUint writes it. The highest number means "leave
// it as it is" to chown(2).
func parseID(digits string) (uint32, bool) {
	n, err := strconv.ParseUint(digits, 10, 32)
	ok := err == nil && n != math.MaxUint32 && strconv.FormatUint(n, 10) == digits
	return uint32(n), ok
}

func isNumber(name string) bool {
	for _, c := range []byte(name) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return name != ""
}
