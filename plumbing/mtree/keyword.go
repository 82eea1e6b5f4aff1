// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/plumbing/node"
)

const xattrPrefix = "xattr."

// keywords reads a line's key=value fields into e, and says which it has.
func (p *parser) keywords(e *Entry, rest []byte) (seen keySet, err error) {
	for {
		var field []byte
		if field, rest = nextField(rest); len(field) == 0 {
			break
		}
		key, value, ok := bytes.Cut(field, []byte("="))
		if ok == (string(key) == "optional") {
			return 0, fmt.Errorf("%q is neither keyword=value nor optional", field)
		}
		said, err := p.keyword(e, string(key), value)
		if err != nil {
			return 0, err
		}
		if seen&said&^hasXattr != 0 {
			return 0, fmt.Errorf("keyword %q says something twice", key)
		}
		seen |= said
	}
	slices.SortFunc(e.Xattrs, compareXattrs)
	for i := 1; i < len(e.Xattrs); i++ {
		if e.Xattrs[i].Name == e.Xattrs[i-1].Name {
			return 0, fmt.Errorf("xattr %q is there twice", e.Xattrs[i].Name)
		}
	}
	return seen, nil
}

// A keySet is what a line says. An id and a name say the same.
type keySet uint16

const (
	hasType keySet = 1 << iota
	hasOwner
	hasGroup
	hasMode
	hasTime
	hasDevice
	hasLink
	hasXattr
	hasOptional
)

func (p *parser) keyword(e *Entry, key string, value []byte) (said keySet, err error) {
	switch key {
	case "type":
		said = hasType
		e.Type, err = parseType(value)
	case "uname":
		said = hasOwner
		e.Owner, err = p.parseName(value)
	case "uid":
		said = hasOwner
		e.Owner, err = p.parseOwnerID(value)
	case "gname":
		said = hasGroup
		e.Group, err = p.parseName(value)
	case "gid":
		said = hasGroup
		e.Group, err = p.parseOwnerID(value)
	case "mode":
		said = hasMode
		e.Perm, err = parseMode(string(value))
	case "time":
		said = hasTime
		e.Mtime, err = parseTime(string(value))
	case "device":
		said = hasDevice
		e.Device, err = parseDevice(string(value))
	case "hardlink":
		said = hasLink
		e.Link, err = parsePath(value)
	case "optional":
		said = hasOptional
		e.Optional = true
	default:
		said = hasXattr
		err = parseXattr(e, key, value)
	}
	return said, err
}

var types = []node.Type{node.File, node.Dir, node.Symlink, node.Fifo, node.Char, node.Block}

func parseType(text []byte) (node.Type, error) {
	for _, t := range types {
		if string(t) == string(text) {
			return t, nil
		}
	}
	return "", fmt.Errorf("unknown type %q", text)
}

// maxOwner is more than useradd and any name service take, in bytes.
const maxOwner = 255

func (p *parser) parseName(value []byte) (string, error) {
	if known, ok := p.names[string(value)]; ok {
		return known, nil
	}
	name, err := unvis(value)
	switch {
	case err != nil:
		return "", fmt.Errorf("name %q: %w", value, err)
	case name == "", len(name) > maxOwner, strings.ContainsAny(name, "\x00:\n"):
		return "", fmt.Errorf("%q is no name", name)
	case isDigits(name):
		return "", fmt.Errorf("the number %s is no name", name)
	}
	p.names[string(value)] = name
	return name, nil
}

func (p *parser) parseOwnerID(value []byte) (string, error) {
	if known, ok := p.ids[string(value)]; ok {
		return known, nil
	}
	id := string(value)
	if !isID(id) {
		return "", fmt.Errorf("%q is no id", value)
	}
	p.ids[id] = id
	return id, nil
}

// isID tells whether name is a decimal id, of which there is one spelling. The
// highest number means "leave it" to chown(2).
func isID(name string) bool {
	n, ok := parseNumber(name)
	return ok && n != math.MaxUint32
}

func isDigits(name string) bool { return strings.Trim(name, "0123456789") == "" }

func parseNumber(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil && strconv.FormatUint(n, 10) == text
}

func parseMode(text string) (*uint32, error) {
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil || n > 0o7777 || text[0] == '+' {
		return nil, fmt.Errorf("%q is no octal mode", text)
	}
	perm := uint32(n)
	return &perm, nil
}

// parseTime reads seconds since 1970, with nine digits of nanoseconds that
// count forward also before it.
func parseTime(text string) (*node.Mtime, error) {
	sec, nsec, _ := strings.Cut(text, ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil || strconv.FormatInt(s, 10) != sec || len(nsec) != 9 || !isDigits(nsec) {
		return nil, fmt.Errorf("%q is no time: seconds, a point, nine digits", text)
	}
	n, err := strconv.ParseUint(nsec, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("time %q: %w", text, err)
	}
	return &node.Mtime{Sec: s, Nsec: uint32(n)}, nil
}

func parseDevice(text string) (node.Device, error) {
	parts := strings.Split(text, ",")
	if len(parts) == 3 && parts[0] == "native" {
		major, ok1 := parseNumber(parts[1])
		minor, ok2 := parseNumber(parts[2])
		if ok1 && ok2 {
			return node.Device{Major: major, Minor: minor}, nil
		}
	}
	return node.Device{}, fmt.Errorf("%q is no device: native,<major>,<minor>", text)
}

// maxXattr is the size in bytes of the largest value that Linux takes.
const maxXattr = 64 << 10

func parseXattr(e *Entry, key string, value []byte) error {
	visName, ok := strings.CutPrefix(key, xattrPrefix)
	if !ok {
		return fmt.Errorf("unknown keyword %q", key)
	}
	name, err := unvis([]byte(visName))
	if err != nil {
		return fmt.Errorf("xattr %q: %w", visName, err)
	}
	if len(name) > node.MaxName || strings.IndexByte(name, 0) >= 0 || !node.ManagedXattr(name) {
		return fmt.Errorf("xattr %q is not managed", name)
	}
	data, err := base64.StdEncoding.Strict().DecodeString(string(value))
	if err != nil {
		return fmt.Errorf("xattr %q: %w", name, err)
	}
	if len(data) > maxXattr {
		return fmt.Errorf("xattr %q is larger than %d bytes", name, maxXattr)
	}
	e.Xattrs = append(e.Xattrs, node.Xattr{Name: name, Value: string(data)})
	return nil
}

// check refuses what contradicts itself. seen is what the line itself has.
func (e *Entry) check(path string, seen keySet) error {
	isDevice := e.Type == node.Char || e.Type == node.Block
	if e.Optional {
		if seen&^(hasType|hasOptional) != 0 {
			return errors.New("optional, it is not managed, and has no other keywords")
		}
		*e = Forgotten()
		return nil
	}
	switch {
	case path == node.RootPath && e.Type != node.Dir:
		return errors.New("the root is a directory")
	case isDevice && seen&hasDevice == 0:
		return fmt.Errorf("type=%s without a device number", e.Type)
	case !isDevice && seen&hasDevice != 0:
		return fmt.Errorf("type=%s with a device number", e.Type)
	}
	if e.Type == node.Symlink {
		e.Perm = nil // Linux gives all the same
	}
	if e.Link != "" {
		return e.checkLink(path, seen)
	}
	return nil
}

// checkLink makes e a further name of a file, whose metadata are at the first.
func (e *Entry) checkLink(path string, seen keySet) error {
	switch {
	case e.Type != node.File:
		return fmt.Errorf("type=%s has no hardlink", e.Type)
	case node.ComparePaths(e.Link, path) >= 0:
		return fmt.Errorf("hardlink %q does not come before it", e.Link)
	case seen&^(hasType|hasLink) != 0:
		return fmt.Errorf("metadata belong to the first name, %q", e.Link)
	}
	*e = Entry{Type: node.File, Owner: node.DefaultOwner, Group: node.DefaultGroup, Link: e.Link}
	return nil
}
