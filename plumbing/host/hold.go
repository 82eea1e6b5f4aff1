// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Hold says that a person went back to an earlier commit, so that a plain
// apply must not go forward again.
type Hold struct {
	At     chunkstore.ID // the commit that stays
	From   chunkstore.ID // the one that was left, zero for none
	Since  time.Time
	Reason string // a person's words, "" for none
}

// holdFile is a Hold as the file has it: see FORMAT.md.
type holdFile struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	From    string `json:"from,omitempty"`
	Since   int64  `json:"since"`
	Reason  string `json:"reason,omitempty"`
}

const holdVersion = 1

// Hold returns what holds the host back, nil when nothing does. A file that
// cannot be read is an error: to go forward by mistake is worse.
func (h *Host) Hold() (*Hold, error) {
	return ParseState(h, StateHold, parseHold)
}

// SetHold holds the host back, durably. Call it with the lock held.
func (h *Host) SetHold(hold Hold) error {
	f := holdFile{Version: holdVersion, At: hold.At.String(), Since: hold.Since.Unix(), Reason: hold.Reason}
	if !hold.From.IsZero() {
		f.From = hold.From.String()
	}
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	return h.WriteState(StateHold, append(data, '\n'))
}

// Release lets the host go forward again. Call it with the lock held.
func (h *Host) Release() error { return h.RemoveState(StateHold) }

func parseHold(data []byte) (*Hold, error) {
	var f holdFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("not a hold: %w", err)
	}
	if f.Version != holdVersion {
		return nil, fmt.Errorf("version %d of hold is not known", f.Version)
	}
	at, err := chunkstore.ParseID(f.At)
	if err != nil {
		return nil, fmt.Errorf("at: %w", err)
	}
	hold := Hold{At: at, Since: time.Unix(f.Since, 0).UTC(), Reason: f.Reason}
	if f.From != "" {
		if hold.From, err = chunkstore.ParseID(f.From); err != nil {
			return nil, fmt.Errorf("from: %w", err)
		}
	}
	return &hold, nil
}
