// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
)

// The limits of FORMAT.md.
const (
	version   = 1
	maxSize   = 64 << 20 // bytes
	maxSteps  = 50_000   // but for those that failed
	maxReason = 1000     // bytes
)

// ErrVersion says that a newer program wrote a report.
var ErrVersion = errors.New("unknown version of a report")

type head struct {
	Version int     `json:"report"`
	Host    string  `json:"host"`
	Verb    string  `json:"verb"`
	Type    string  `json:"machine_type,omitempty"`
	Run     string  `json:"run,omitempty"`
	Base    string  `json:"base,omitempty"`
	Target  string  `json:"target,omitempty"`
	Plan    string  `json:"plan,omitempty"`
	Started string  `json:"started"`
	Took    int64   `json:"ms"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
	Drift   string  `json:"drift,omitempty"`
	Steps   int     `json:"steps"`
	Omitted int     `json:"omitted,omitempty"`
}

type line struct {
	Kind    plan.Kind     `json:"step"`
	Path    node.JSONPath `json:"path"`
	Aspects []string      `json:"aspects,omitempty"`
	Drift   bool          `json:"drift,omitempty"`
	Outcome Outcome       `json:"outcome"`
	Took    int64         `json:"ms,omitempty"`
	Reason  string        `json:"reason,omitempty"`
}

// Encode gives the report as FORMAT.md has it. Times are cut to milliseconds.
func (r *Report) Encode() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	write := func(v any) {
		if err := enc.Encode(v); err != nil {
			panic("internal error: " + err.Error()) // strings and numbers
		}
	}
	write(head{
		version, r.Host, r.Verb, r.Type, r.Run, hex(r.Base), hex(r.Target), r.Plan, r.Started.UTC().Format(timeFormat),
		r.Took.Milliseconds(), r.Outcome, cut(r.Reason), hex(r.Drift), len(r.Steps), r.Omitted,
	})
	for _, s := range r.Steps {
		write(line{s.Kind, node.JSONPath(s.Path), s.Aspects, s.Drift, s.Outcome, s.Took.Milliseconds(), cut(s.Reason)})
	}
	return b.Bytes()
}

const timeFormat = "2006-01-02T15:04:05.000Z"

// hex is "" for no object.
func hex(id chunkstore.ID) string {
	if id == (chunkstore.ID{}) {
		return ""
	}
	return id.String()
}

func cut(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
}

// Decode reads what Encode gives. Fields that it does not know are passed over;
// the error matches ErrVersion when it knows the version not.
func Decode(data []byte) (*Report, error) {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	r, steps, err := decodeHead(first)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	for n := 2; len(rest) > 0; n++ {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, fmt.Errorf("read report: line %d: %w", n, err)
		}
		r.Steps = append(r.Steps, Step{l.Kind, string(l.Path), l.Aspects, l.Drift, l.Outcome, milliseconds(l.Took), l.Reason})
	}
	if len(r.Steps) != steps {
		return nil, fmt.Errorf("read report: has %d steps, and should have %d", len(r.Steps), steps)
	}
	return r, nil
}

func decodeHead(text []byte) (r *Report, steps int, err error) {
	var h head
	if err := json.Unmarshal(text, &h); err != nil {
		return nil, 0, err
	}
	if h.Version != version {
		return nil, 0, fmt.Errorf("%w: %d", ErrVersion, h.Version)
	}
	r = &Report{
		Host: h.Host, Verb: h.Verb, Type: h.Type, Run: h.Run, Plan: h.Plan,
		Took: milliseconds(h.Took), Outcome: h.Outcome, Reason: h.Reason, Omitted: h.Omitted,
	}
	if r.Started, err = time.Parse(timeFormat, h.Started); err != nil {
		return nil, 0, err
	}
	for _, id := range []struct {
		text string
		to   *chunkstore.ID
	}{{h.Base, &r.Base}, {h.Target, &r.Target}, {h.Drift, &r.Drift}} {
		if id.text == "" {
			continue
		}
		if *id.to, err = chunkstore.ParseID(id.text); err != nil {
			return nil, 0, err
		}
	}
	return r, h.Steps, nil
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
