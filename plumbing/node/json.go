// SPDX-License-Identifier: Apache-2.0

package node

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/git-devops/git-devops/chunkstore"
)

// A JSONPath is a path, which is bytes, as JSON has it: a string, or
// {"base64":"…"} when it is not UTF-8.
type JSONPath string

// MarshalJSON implements json.Marshaler.
func (p JSONPath) MarshalJSON() ([]byte, error) { return p.AppendJSON(nil), nil }

// AppendJSON appends what MarshalJSON gives, faster.
func (p JSONPath) AppendJSON(b []byte) []byte {
	if !utf8.ValidString(string(p)) {
		return append(appendBase64(append(b, `{"base64":`...), string(p)), '}')
	}
	return AppendJSONString(b, string(p))
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *JSONPath) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '{' {
		return json.Unmarshal(data, (*string)(p))
	}
	var b struct {
		Base64 []byte `json:"base64"`
	}
	err := json.Unmarshal(data, &b)
	*p = JSONPath(b.Base64)
	return err
}

// MarshalJSON gives the node as one object with a fixed order of fields, in
// which no two different nodes are the same.
func (n Node) MarshalJSON() ([]byte, error) { return n.AppendJSON(nil), nil }

// AppendJSON appends what MarshalJSON gives, faster: plans have many nodes.
func (n *Node) AppendJSON(b []byte) []byte {
	b = AppendJSONString(append(b, `{"type":`...), string(n.Type))
	b = fmt.Appendf(b, `,"mode":"%04o"`, n.Perm)
	b = AppendJSONString(append(b, `,"owner":`...), n.Owner)
	b = AppendJSONString(append(b, `,"group":`...), n.Group)
	if n.Mtime != nil {
		b = fmt.Appendf(b, `,"mtime":"%d.%09d"`, n.Mtime.Sec, n.Mtime.Nsec)
	}
	if len(n.Xattrs) > 0 {
		b = append(appendXattrs(append(b, `,"xattrs":[`...), n.Xattrs), ']')
	}
	if n.Content != (chunkstore.ID{}) {
		b = append(append(append(b, `,"content":"`...), n.Content.String()...), '"')
	}
	if n.Large {
		b = append(b, `,"large":true`...)
	}
	if n.Type == Char || n.Type == Block {
		b = append(append(append(b, `,"device":"`...), n.Device.String()...), '"')
	}
	if n.Link != "" {
		b = JSONPath(n.Link).AppendJSON(append(b, `,"link":`...))
	}
	if n.Implied {
		b = append(b, `,"implied":true`...)
	}
	return append(b, '}')
}

func appendXattrs(b []byte, xattrs []Xattr) []byte {
	for i, x := range xattrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = JSONPath(x.Name).AppendJSON(append(b, `{"name":`...))
		b = append(appendBase64(append(b, `,"value":`...), x.Value), '}')
	}
	return b
}

func appendBase64(b []byte, s string) []byte {
	return append(base64.StdEncoding.AppendEncode(append(b, '"'), []byte(s)), '"')
}

// AppendJSONString appends s, which is UTF-8, as encoding/json writes it.
func AppendJSONString(b []byte, s string) []byte {
	special := func(r rune) bool {
		return r < ' ' || r > '~' || r == '"' || r == '\\' || r == '<' || r == '>' || r == '&'
	}
	if !strings.ContainsFunc(s, special) {
		return strconv.AppendQuote(b, s)
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic("internal error: " + err.Error()) // a string
	}
	return append(b, text...)
}
