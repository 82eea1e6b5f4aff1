// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"strings"
	"sync"
	"unicode"
)

// maxStderr bounds what is kept of what a program says, in bytes.
const maxStderr = 4 << 10

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p[max(0, len(p)-maxStderr):]...)
	t.buf = append(t.buf[:0], t.buf[max(0, len(t.buf)-maxStderr):]...)
	return len(p), nil
}

// String returns it without what could confuse a terminal: the other side
// wrote it.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(t.buf), "?")))
}
