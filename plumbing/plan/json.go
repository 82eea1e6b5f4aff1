// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/git-devops/git-devops/plumbing/node"
)

// WriteJSON writes the plan as lines of JSON: the plan, then each stage with
// its steps. Equal plans, and no others, have equal lines.
func (p *Plan) WriteJSON(w io.Writer) error {
	line := fmt.Appendf(nil, `{"plan":1,"base":"%s","target":"%s","machine_type":`, p.Base, p.Target)
	line = append(node.JSONPath(p.Type).AppendJSON(line), '}', '\n')
	if _, err := w.Write(line); err != nil {
		return err
	}
	for _, stage := range p.Stages {
		line = fmt.Appendf(line[:0], "{\"stage\":\"%s\"}\n", stage.Target)
		if _, err := w.Write(line); err != nil {
			return err
		}
		for i := range stage.Steps {
			line = append(stage.Steps[i].AppendJSON(line[:0]), '\n')
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// Digest is the SHA-256 of what WriteJSON writes, in hex: the plan's name. It
// covers what must be live for each step, so the same digest later says that
// nothing that matters to the plan has changed meanwhile.
func (p *Plan) Digest() string {
	h := sha256.New()
	if err := p.WriteJSON(h); err != nil {
		panic("internal error: " + err.Error()) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// MarshalJSON gives the step as one object with a fixed order of fields.
func (s Step) MarshalJSON() ([]byte, error) { return s.AppendJSON(nil), nil }

// AppendJSON appends what MarshalJSON gives, faster.
func (s *Step) AppendJSON(b []byte) []byte {
	b = node.AppendJSONString(append(b, `{"step":`...), string(s.Kind))
	b = node.JSONPath(s.Path).AppendJSON(append(b, `,"path":`...))
	b = appendList(b, "aspects", s.Aspects.Names())
	if s.Drift {
		b = append(b, `,"drift":true`...)
	}
	if s.Command != "" {
		b = node.JSONPath(s.Command).AppendJSON(append(b, `,"command":`...))
	}
	if s.Reason != "" {
		b = node.JSONPath(s.Reason).AppendJSON(append(b, `,"reason":`...))
	}
	b = appendList(b, "names", s.Names)
	if s.From != nil {
		b = s.From.AppendJSON(append(b, `,"from":`...))
	}
	if s.To != nil {
		b = s.To.AppendJSON(append(b, `,"to":`...))
	}
	return append(b, '}')
}

func appendList(b []byte, field string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), field...), `":`...)
	separator := byte('[')
	for _, s := range list {
		b = node.JSONPath(s).AppendJSON(append(b, separator))
		separator = ','
	}
	return append(b, ']')
}
