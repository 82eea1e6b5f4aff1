// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Scheme is what the URL of a bucket begins with.
const Scheme = "s3:"

// An Address says where a store is.
type Address struct {
	Host   string // with the port, if there is one
	Secure bool   // https
	Bucket string
	Prefix string // of the keys, with a slash at the end; or empty
}

// Parse reads s3:https://host/bucket/prefix; the prefix may be absent, and
// http stand for https. Credentials do not belong into a URL: one that has
// them is refused, and the error does not repeat it.
func Parse(s string) (Address, error) {
	rest, ok := strings.CutPrefix(s, Scheme)
	if !ok {
		return Address{}, fmt.Errorf("the URL of a bucket begins with '%shttps://'", Scheme)
	}
	u, err := url.Parse(rest)
	if err != nil {
		return Address{}, errors.New("the URL of the bucket cannot be read")
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	switch {
	case u.User != nil || strings.Contains(u.Host, "@"):
		return Address{}, errors.New("the URL of a bucket must not have a user or a password")
	case u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "":
		return Address{}, fmt.Errorf("the URL of a bucket begins with '%shttps://'", Scheme)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return Address{}, errors.New("the URL of a bucket has no '?' and no '#'")
	case u.Hostname() == "" || strings.HasPrefix(u.Host, "-"):
		return Address{}, errors.New("the URL of the bucket names no host")
	case bucket == "":
		return Address{}, errors.New("the URL names no bucket: expected s3:https://<host>/<bucket>[/<prefix>]")
	case !plain(bucket) || !plain(prefix):
		return Address{}, errors.New("the names in the URL of a bucket have letters, digits, '.', '_', '-' and '/' only, and no parts '.' or '..'")
	}
	if prefix = strings.TrimRight(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return Address{Host: u.Host, Secure: u.Scheme == "https", Bucket: bucket, Prefix: prefix}, nil
}

// plain says whether a part of a path means the same to every server.
func plain(s string) bool {
	for part := range strings.SplitSeq(strings.TrimRight(s, "/"), "/") {
		if part == "." || part == ".." || part == "" && s != "" {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-/", r)
	})
}

// String returns the URL that Parse reads as a.
func (a Address) String() string {
	scheme := "http"
	if a.Secure {
		scheme = "https"
	}
	return Scheme + scheme + "://" + a.Host + "/" + strings.TrimSuffix(a.Bucket+"/"+a.Prefix, "/")
}
