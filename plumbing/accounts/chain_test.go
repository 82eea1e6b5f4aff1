// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"errors"
	"strings"
	"testing"
)

func TestChain(t *testing.T) {
	parse := func(passwd string) *Accounts {
		a, err := Parse(strings.NewReader(passwd), nil)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	c := Chain{parse("www:x:1:1::/:\n"), parse("www:x:2:2::/:\ndb:x:3:3::/:\n")}
	for name, want := range map[string]uint32{"www": 1, "db": 3, "7": 7, "root": 0} {
		if id, err := c.UID(name); err != nil || id != want {
			t.Errorf("%s is %d, %v; want %d", name, id, err, want)
		}
	}
	_, err := c.GID("nobody-knows")
	if e, ok := errors.AsType[*UnknownError](err); !ok || e.Kind != "group" {
		t.Errorf("an unknown group: %v", err)
	}
}
