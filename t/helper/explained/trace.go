// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A reader of a trace knows what the open descriptors are.
type reader struct {
	root       string
	unfinished map[string]string // process → the call's beginning
	open       map[string]string // descriptor → path
	dirs       map[string]bool   // temporaries that are directories
	changes
}

func readTrace(root, file string) (changes, error) {
	r := &reader{root: root, unfinished: map[string]string{}, open: map[string]string{},
		dirs: map[string]bool{}, changes: changes{made: map[string]bool{}}}
	f, err := os.Open(file)
	if err != nil {
		return r.changes, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		pid, line, _ := strings.Cut(lines.Text(), " ")
		if call, whole := r.whole(pid, strings.TrimLeft(line, " ")); whole {
			if err := r.call(call); err != nil {
				return r.changes, fmt.Errorf("%w in: %s", err, call)
			}
		}
	}
	return r.changes, lines.Err()
}

var resumed = regexp.MustCompile(`^<\.\.\. \w+ resumed>`)

// whole joins the halves of a call that another came between.
func (r *reader) whole(pid, line string) (string, bool) {
	if begun, ok := strings.CutSuffix(line, " <unfinished ...>"); ok {
		r.unfinished[pid] = begun
		return "", false
	}
	if half := resumed.FindString(line); half != "" {
		line = r.unfinished[pid] + line[len(half):]
	}
	return line, strings.Contains(line, " = ")
}

// A name is a path as a call is given it: relative to a directory.
var (
	call   = regexp.MustCompile(`^(\w+)\((.*)\)\s+= (-?\d+)(<(.*)>)?`)
	handle = `(?:AT_FDCWD|\d+)<((?:[^>\\]|\\.)*)>`
	text   = `"((?:[^"\\]|\\.)*)"`
	place  = regexp.MustCompile(handle + `, ` + text)
	alone  = regexp.MustCompile(`^` + text)
	held   = regexp.MustCompile(`^` + handle)
)

func (r *reader) call(line string) error {
	m := call.FindStringSubmatch(line)
	if m == nil {
		return nil // a signal, an exit
	}
	name, args, result, opened := m[1], m[2], m[3], m[5]
	if strings.HasPrefix(result, "-") {
		return nil
	}
	var places []string
	for _, p := range place.FindAllStringSubmatch(args, -1) {
		places = append(places, join(unescape(p[1]), unescape(p[2])))
	}
	switch name {
	case "openat", "openat2", "open", "creat":
		if opened != "" {
			r.open[result] = unescape(opened)
		}
		if name == "creat" || strings.Contains(args, "O_CREAT") || strings.Contains(args, "O_TRUNC") {
			r.note("put", unescape(opened))
		}
	case "mkdir", "rmdir", "unlink", "rename", "link", "symlink", "mknod":
		r.plain(name, args)
	case "renameat", "renameat2":
		return r.rename(places, strings.Contains(args, "RENAME_EXCHANGE"))
	case "unlinkat":
		return r.first("take", places)
	case "mkdirat":
		if len(places) == 1 {
			r.dirs[places[0]] = true
		}
		return r.first("put", places)
	case "mknodat", "fchownat", "fchmodat", "utimensat", "symlinkat":
		what := "set"
		if name == "mknodat" || name == "symlinkat" {
			what = "put"
		}
		if len(places) == 0 || strings.Contains(args, "/proc/self/fd/") {
			return r.byDescriptor(what, args)
		}
		return r.first(what, places)
	case "linkat":
		if len(places) != 2 {
			return fmt.Errorf("%d paths", len(places))
		}
		r.note("put", places[1])
	case "chmod", "chown", "lchown", "setxattr", "lsetxattr", "removexattr", "lremovexattr":
		return r.byDescriptor("set", args)
	case "fchmod", "fchown", "fsetxattr", "fremovexattr", "ftruncate", "fallocate":
		fd := held.FindStringSubmatch(args)
		if fd == nil {
			return fmt.Errorf("no descriptor")
		}
		r.note("set", unescape(fd[1]))
	default:
		return fmt.Errorf("unknown call %s", name)
	}
	return nil
}

func (r *reader) first(what string, places []string) error {
	if len(places) == 0 {
		return fmt.Errorf("no path")
	}
	r.note(what, places[0])
	return nil
}

var texts = regexp.MustCompile(text)

// plain is for the calls that git makes, relative to the working directory.
func (r *reader) plain(name, args string) {
	for _, m := range texts.FindAllStringSubmatch(args, -1) {
		path, err := filepath.Abs(unescape(m[1]))
		if err != nil {
			panic(err)
		}
		r.note(name, path)
	}
}

var procPath = regexp.MustCompile(`"/proc/self/fd/(\d+)"`)

// byDescriptor is for calls whose only path is that of a descriptor in /proc, or
// an absolute one.
func (r *reader) byDescriptor(what, args string) error {
	if m := procPath.FindStringSubmatch(args); m != nil {
		path, ok := r.open[m[1]]
		if !ok {
			return fmt.Errorf("descriptor %s was never opened", m[1])
		}
		r.note(what, path)
		return nil
	}
	m := alone.FindStringSubmatch(args)
	if m == nil {
		return fmt.Errorf("no path")
	}
	r.note(what, unescape(m[1]))
	return nil
}

// rename notes what becomes of the names. A temporary that takes the place of a
// directory which was not there is one that was made.
func (r *reader) rename(places []string, exchange bool) error {
	if len(places) != 2 {
		return fmt.Errorf("%d paths", len(places))
	}
	from, to := places[0], places[1]
	rel, below := r.below(to)
	switch {
	case exchange:
		r.note("put", to)
	case r.dirs[from] && below:
		r.made[rel] = true
	default:
		r.note("take", from)
		r.note("put", to)
	}
	return nil
}

// note notes a change.
func (r *reader) note(what, path string) {
	if rel, ok := r.below(path); ok {
		r.add(change{what, rel})
	}
}

// below says whether a path is of the root, and no temporary.
func (r *reader) below(path string) (rel string, ok bool) {
	rel, err := filepath.Rel(r.root, path)
	ok = err == nil && rel != ".." && !strings.HasPrefix(rel, "../") && !strings.Contains(rel, ".git-devops-")
	return rel, ok
}

func join(dir, name string) string {
	if strings.HasPrefix(name, "/") {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}

// unescape reads a string as strace writes it: as C does.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if at := strings.IndexByte(`tnvfr`, s[i]); at >= 0 {
			b.WriteByte("\t\n\v\f\r"[at])
			continue
		}
		digits := 0
		for digits < 3 && i+digits < len(s) && s[i+digits] >= '0' && s[i+digits] <= '7' {
			digits++
		}
		if digits == 0 {
			b.WriteByte(s[i])
			continue
		}
		n, _ := strconv.ParseUint(s[i:i+digits], 8, 16)
		b.WriteByte(byte(n))
		i += digits - 1
	}
	return b.String()
}
