// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/git-devops/git-devops/plumbing/rootfs"
)

const (
	passwdPath = "etc/passwd"
	groupPath  = "etc/group"
	maxLine    = 1 << 20 // bytes
)

// MaxFile is how much of a passwd or group file is read, in bytes.
const MaxFile = 16 << 20

// Read reads the passwd and group files of a root. Those that are not there
// name nobody. Where the root is the machine's own, its name service is asked
// for whom they do not name.
func Read(root *rootfs.Root) (*Accounts, error) {
	a := empty()
	for path, t := range map[string]*table{passwdPath: &a.users, groupPath: &a.groups} {
		f, err := root.OpenFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read accounts: %w", err)
		}
		err = t.parse(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("read accounts of %s: %w", path, err)
		}
	}
	if isMachine(root) {
		a.askMachine()
	}
	return a, nil
}

// Parse reads a passwd and a group file; either may be nil.
func Parse(passwd, group io.Reader) (*Accounts, error) {
	a := empty()
	if passwd != nil {
		if err := a.users.parse(passwd); err != nil {
			return nil, fmt.Errorf("read passwd: %w", err)
		}
	}
	if group != nil {
		if err := a.groups.parse(group); err != nil {
			return nil, fmt.Errorf("read group: %w", err)
		}
	}
	return a, nil
}

func empty() *Accounts { return &Accounts{newTable("user"), newTable("group")} }

// parse reads passwd(5) or group(5): of both the first field is the name and
// the third the id. What glibc passes over is passed over.
func (t *table) parse(r io.Reader) error {
	limited := &io.LimitedReader{R: r, N: MaxFile + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		t.parseLine(lines.Text())
	}
	if limited.N == 0 {
		return fmt.Errorf("larger than %d MiB", MaxFile>>20)
	}
	return lines.Err()
}

func (t *table) parseLine(line string) {
	fields := strings.SplitN(strings.TrimLeft(line, " \t"), ":", 4)
	if len(fields) < 4 {
		return
	}
	name := fields[0]
	if name == "" || strings.ContainsAny(name[:1], "#+-") || isNumber(name) || strings.IndexByte(name, 0) >= 0 {
		return
	}
	if id, ok := parseID(fields[2]); ok {
		t.add(strings.Clone(name), id)
	}
}
