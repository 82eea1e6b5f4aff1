// SPDX-License-Identifier: Apache-2.0

// Package ssh reaches other machines through the real OpenSSH: one connection
// a peer, shared by every command that is run there and by git. Invariants:
// nothing that comes from an address or an argument is ever interpreted, as an
// option or by a shell; whatever way this process ends, a connection that it
// opened ends with it.
//
// What is said over the connection is the business of package wire.
package ssh

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// Address says where a repository is: on another machine, or a local path.
// Parse makes it; its fields have been checked.
type Address struct {
	User string // "" leaves it to ssh
	Host string // "" for a local path
	Port int    // 0 leaves it to ssh
	// Path is as the shell of the other machine has to be given it: absolute,
	// relative to the home directory there, or beginning with "~". A local one
	// is absolute or relative.
	Path string
}

// AddressError says why an address was refused.
type AddressError struct {
	Address string
	Reason  string
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("bad address %q: %s", e.Address, e.Reason)
}

// Hint says what an address looks like.
func (e *AddressError) Hint() string {
	return "an address is ssh://[<user>@]<host>[:<port>]/<path>, [<user>@]<host>:<path> or a local path"
}

// Parse reads an address as git does: ssh://[user@]host[:port]/path,
// [user@]host:path, file:///path, or a local path, which has no colon before
// its first slash. The error is an *AddressError.
func Parse(s string) (Address, error) {
	a, reason := split(s)
	if reason == "" {
		reason = a.objection()
	}
	if reason != "" {
		return Address{}, &AddressError{s, reason}
	}
	return a, nil
}

func split(s string) (a Address, reason string) {
	scheme, rest, isURL := strings.Cut(s, "://")
	switch {
	case isURL && isScheme(scheme):
		return splitURL(scheme, rest)
	case isHelper(s):
		return a, "git's remote helpers are not peers"
	case isLocal(s):
		return Address{Path: s}, ""
	}
	// user@[host] and user@[host:port] stand before the colon as a whole.
	start := 0
	if at := strings.Index(s, "@["); at >= 0 {
		start = at + 1
	}
	end := start
	if strings.HasPrefix(s[start:], "[") {
		if i := strings.IndexByte(s[start:], ']'); i >= 0 {
			end = start + i
		}
	}
	colon := strings.IndexByte(s[end:], ':')
	if colon < 0 {
		return a, "no path: it stands after a colon"
	}
	colon += end
	a.Path = home(s[colon+1:])
	return a, a.setHost(s[:colon])
}

func splitURL(scheme, rest string) (a Address, reason string) {
	rest, err := url.PathUnescape(rest)
	if err != nil {
		return a, err.Error()
	}
	host, path, found := strings.Cut(rest, "/")
	path = "/" + path
	if !found {
		return a, "no path"
	}
	switch scheme {
	case "file":
		if host != "" {
			return a, "file:// names a host; its path must begin with a third slash"
		}
		return Address{Path: path}, ""
	case "ssh":
		a.Path = home(path)
		return a, a.setHost(host)
	}
	return a, fmt.Sprintf("the scheme %s is not one of ssh and file", scheme)
}

// setHost takes [user@]host[:port] apart.
func (a *Address) setHost(s string) (reason string) {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		a.User, s = s[:at], s[at+1:]
		if a.User == "" {
			return "an empty user"
		}
	}
	var port string
	if inner, after, ok := bracketed(s); ok {
		a.Host, port = inner, strings.TrimPrefix(after, ":")
		if after != "" && after[0] != ':' {
			return "something other than a port follows the host"
		}
		if after == "" && !isIPv6(inner) {
			a.Host, port, _ = strings.Cut(inner, ":")
		}
	} else {
		a.Host, port, _ = strings.Cut(s, ":")
	}
	if a.Host == "" {
		return "no host"
	}
	if port == "" {
		return ""
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return fmt.Sprintf("%q is not a port", port)
	}
	a.Port = int(n)
	return ""
}

func bracketed(s string) (inner, after string, ok bool) {
	if !strings.HasPrefix(s, "[") {
		return "", "", false
	}
	return strings.Cut(s[1:], "]")
}

func isIPv6(s string) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is6()
}

// home leaves out what stands before a tilde, as git does: a slash in
// ssh://host/~user/path.
func home(path string) string {
	if len(path) > 1 && path[1] == '~' {
		return path[1:]
	}
	return path
}

func isScheme(s string) bool {
	return s != "" && strings.Trim(s, schemeChars) == "" && !strings.ContainsAny(s[:1], "+-.")
}

const schemeChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."

// isHelper knows "<helper>::<address>", which makes git run git-remote-<helper>.
func isHelper(s string) bool {
	name, _, found := strings.Cut(s, "::")
	return found && isScheme(name)
}

func isLocal(s string) bool {
	colon, slash := strings.IndexByte(s, ':'), strings.IndexByte(s, '/')
	return colon < 0 || slash >= 0 && slash < colon
}

// hostile are the characters that OpenSSH refuses in names of users and hosts
// since 9.6, for the sake of the ProxyCommands they are put into.
const hostile = "'`\"$\\;&<>|(){} "

// objection says what is wrong with a, or "".
func (a Address) objection() string {
	for _, part := range []struct{ name, value string }{{"user", a.User}, {"host", a.Host}, {"path", a.Path}} {
		if strings.HasPrefix(part.value, "-") {
			return fmt.Sprintf("the %s begins with '-'", part.name)
		}
		if strings.ContainsFunc(part.value, unicode.IsControl) {
			return fmt.Sprintf("the %s holds a control character", part.name)
		}
	}
	switch {
	case a.Path == "":
		return "no path"
	case a.Local():
		return ""
	case strings.ContainsAny(a.User, hostile+":/@"):
		return "the user holds a character that ssh does not take"
	case strings.ContainsAny(a.Host, hostile+"/@[]") || strings.Contains(a.Host, ":") && !isIPv6(a.Host):
		return "the host holds a character that ssh does not take"
	}
	return ""
}

// Local says that the address is a path on this machine.
func (a Address) Local() bool { return a.Host == "" }

// String returns the address in a form that Parse and git read as the same.
func (a Address) String() string {
	if a.Local() {
		return a.Path
	}
	host, port, user := a.Host, "", ""
	if a.Port != 0 {
		port = ":" + strconv.Itoa(a.Port)
	}
	if a.User != "" {
		user = a.User + "@"
	}
	if isIPv6(host) {
		host = "[" + host + "]"
	}
	absolute, tilde := strings.HasPrefix(a.Path, "/"), strings.HasPrefix(a.Path, "~")
	switch {
	case a.Port != 0 && absolute || strings.HasPrefix(a.Path, "//"):
		return "ssh://" + escape(user+host+port+a.Path)
	case a.Port != 0 && tilde:
		return "ssh://" + escape(user+host+port+"/"+a.Path)
	case a.Port != 0 && isIPv6(a.Host):
		// No form has a port, brackets and a relative path.
		return "ssh://" + escape(user+host+port+"/~/"+a.Path)
	case a.Port != 0 || strings.HasPrefix(a.Path, ":"):
		host = "[" + a.Host + port + "]"
	case strings.HasPrefix(a.Path, "~~"):
		return user + host + ":/" + a.Path
	}
	return user + host + ":" + a.Path
}

// escape lets git's decoding give s again.
func escape(s string) string { return strings.ReplaceAll(s, "%", "%25") }
