// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/git-devops/git-devops/plumbing/node"
)

// whats says what a step of each kind does, "" for nothing to the root.
var whats = map[string]string{
	"write": "put", "link": "put", "mkdir": "put", "remove": "take", "rmdir": "take", "set": "set",
	"save": "", "keep": "", "leave": "", "conflict": "",
}

func readPlan(file string) (changes, error) {
	c := changes{made: map[string]bool{}}
	f, err := os.Open(file)
	if err != nil {
		return c, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r struct {
			Type string
			Step string
			Path node.JSONPath
			From *struct{}
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return c, err
		}
		if r.Type != "step" {
			continue
		}
		what, ok := whats[r.Step]
		switch {
		case !ok:
			return c, fmt.Errorf("%s: unknown step %q", file, r.Step)
		case what == "":
		case r.Step == "mkdir" && r.From == nil:
			c.made[string(r.Path)] = true
		default:
			c.add(change{what, string(r.Path)})
		}
	}
	return c, lines.Err()
}

// add adds a change, once where several calls make it.
func (c *changes) add(x change) {
	if n := len(c.inOrder); n > 0 && c.inOrder[n-1] == x {
		return
	}
	c.inOrder = append(c.inOrder, x)
}
