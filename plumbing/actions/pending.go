// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Pending action is one whose command has not succeeded since a path that it
// matches changed.
type Pending struct {
	Name    string
	Commit  chunkstore.ID // the commit whose apply changed the path
	Since   time.Time     // to the second
	Failure string        // how the command failed last, "" when it was not run
}

const (
	pendingMagic = "git-devops actions 1\n"
	maxFailure   = 1000 // bytes
)

type pendingLine struct {
	Name    string `json:"name"`
	Commit  string `json:"commit"`
	Since   string `json:"since"`
	Failure string `json:"failure,omitempty"`
}

// EncodePending returns the file that says which actions are pending.
func EncodePending(pending []Pending) []byte {
	b := bytes.NewBufferString(pendingMagic)
	enc := json.NewEncoder(b)
	for _, p := range pending {
		failure := strings.ToValidUTF8(p.Failure[:min(len(p.Failure), maxFailure)], "")
		line := pendingLine{p.Name, p.Commit.String(), p.Since.UTC().Format(time.RFC3339), failure}
		if err := enc.Encode(line); err != nil {
			panic("internal error: " + err.Error()) // strings
		}
	}
	return b.Bytes()
}

// DecodePending reads what EncodePending gives.
func DecodePending(data []byte) ([]Pending, error) {
	text, ok := bytes.CutPrefix(data, []byte(pendingMagic))
	if !ok {
		return nil, errors.New("read pending actions: not a file of this version")
	}
	var pending []Pending
	for n := 2; len(text) > 0; n++ {
		line, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("read pending actions: line %d is cut off", n)
		}
		p, err := decodePending(line)
		if err != nil {
			return nil, fmt.Errorf("read pending actions: line %d: %w", n, err)
		}
		pending, text = append(pending, p), rest
	}
	return pending, nil
}

func decodePending(data []byte) (Pending, error) {
	var line pendingLine
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&line); err != nil {
		return Pending{}, err
	}
	if dec.More() {
		return Pending{}, errors.New("more than one value")
	}
	if err := checkName(line.Name); err != nil {
		return Pending{}, err
	}
	since, err := time.Parse(time.RFC3339, line.Since)
	if err != nil || since.UTC().Format(time.RFC3339) != line.Since {
		return Pending{}, fmt.Errorf("bad time %q", line.Since)
	}
	id, err := chunkstore.ParseID(line.Commit)
	return Pending{line.Name, id, since, line.Failure}, err
}
