// SPDX-License-Identifier: Apache-2.0

package node

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/git-devops/git-devops/chunkstore"
)

// A JSONPath is a path, which is bytes, as JSON has it: a string, or
// {"base64":"…"} when it is not UTF-8.
type JSONPath string

// MarshalJSON implements json.Marshaler.
func (p JSONPath) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(p)) {
		return json.Marshal(string(p))
	}
	return json.Marshal(base64Path{[]byte(p)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *JSONPath) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var b base64Path
		err := json.Unmarshal(data, &b)
		*p = JSONPath(b.Base64)
		return err
	}
	return json.Unmarshal(data, (*string)(p))
}

type base64Path struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON gives the node as one object with a fixed order of fields, in
// which no two different nodes are the same.
func (n Node) MarshalJSON() ([]byte, error) {
	o := nodeObject{
		Type: n.Type, Mode: fmt.Sprintf("%04o", n.Perm), Owner: n.Owner, Group: n.Group,
		Large: n.Large, Link: JSONPath(n.Link), Implied: n.Implied,
	}
	if n.Mtime != nil {
		o.Mtime = fmt.Sprintf("%d.%09d", n.Mtime.Sec, n.Mtime.Nsec)
	}
	for _, x := range n.Xattrs {
		o.Xattrs = append(o.Xattrs, xattrObject{JSONPath(x.Name), []byte(x.Value)})
	}
	if n.Content != (chunkstore.ID{}) {
		o.Content = n.Content.String()
	}
	if n.Type == Char || n.Type == Block {
		o.Device = n.Device.String()
	}
	return json.Marshal(o)
}

type nodeObject struct {
	Type    Type          `json:"type"`
	Mode    string        `json:"mode"`
	Owner   string        `json:"owner"`
	Group   string        `json:"group"`
	Mtime   string        `json:"mtime,omitempty"`
	Xattrs  []xattrObject `json:"xattrs,omitempty"`
	Content string        `json:"content,omitempty"`
	Large   bool          `json:"large,omitempty"`
	Device  string        `json:"device,omitempty"`
	Link    JSONPath      `json:"link,omitempty"`
	Implied bool          `json:"implied,omitempty"`
}

type xattrObject struct {
	Name  JSONPath `json:"name"`
	Value []byte   `json:"value"`
}
