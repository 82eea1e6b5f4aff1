// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/git-devops/git-devops/plumbing/spool"
)

// maxReason is the longest reason, in bytes: a line of the log is written in
// one piece.
const maxReason = 1000

// ErrReason says that a reason cannot be recorded.
var ErrReason = fmt.Errorf("a reason is one to %d bytes of text in one line", maxReason)

// CheckReason returns ErrReason for what Log would refuse.
func CheckReason(reason string) error {
	control := strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' || r == 0x7f })
	if strings.TrimSpace(reason) == "" || len(reason) > maxReason || control || !utf8.ValidString(reason) {
		return ErrReason
	}
	return nil
}

// An Act is what a person does to chunks without proof of other copies.
type Act string

// The acts that are recorded.
const (
	Dropping Act = "drop"   // here
	Deleting Act = "delete" // damaged ones, in a store
)

// Log records, durably and before it happens, that someone does this to up to
// so many chunks.
func (c *Custody) Log(when time.Time, who string, act Act, chunks int, reason string) error {
	if err := CheckReason(reason); err != nil {
		return err
	}
	line := fmt.Sprintf("%s %s %s %d %s\n", when.UTC().Format(time.RFC3339), strconv.Quote(who), act, chunks, strconv.Quote(reason))
	dir := filepath.Dir(c.dir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "log"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	_, err = f.WriteString(line)
	if err := errors.Join(err, f.Sync(), f.Close(), spool.SyncDir(dir)); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}
