// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestFormatExamples holds FORMAT.md to what the code does.
func TestFormatExamples(t *testing.T) {
	spec, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	head := []byte("head\n")
	root, written, err := OpenHeld(trees{}.read, ID{}).Update([]ID{BlobID(head)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	counting := make([]byte, window)
	for i := range counting {
		counting[i] = byte(i)
	}
	c, p := mustCutter(t, DefaultParams()), DefaultParams()
	text := strings.Join(strings.Fields(string(spec)), " ")
	for what, want := range map[string]string{
		"manifest":      string(example().Encode()),
		"manifest size": fmt.Sprintf("Its %d bytes", len(example().Encode())),
		"held root":     root.String(),
		"held tree":     fmt.Sprintf("% x", written[0].Body),
		"digests":       fmt.Sprintf("0, 1, … 63 have the digest %x, 64 bytes ff have %x", c.digest(counting), c.digest(bytes.Repeat([]byte{0xff}, window))),
		"polynomial":    fmt.Sprintf("of degree %d | %x |", degree, p.Polynomial),
		"min":           fmt.Sprintf("| min | %d to %d bytes | %d |", minMin, maxMax, p.Min),
		"max":           fmt.Sprintf("| max | min to %d bytes | %d |", maxMax, p.Max),
		"average":       fmt.Sprintf("| average bits | %d to %d | %d |", minAverageBits, maxAverageBits, p.AverageBits),
		"line":          fmt.Sprintf("a line longer than %d bytes", maxLine),
	} {
		if !strings.Contains(text, strings.Join(strings.Fields(want), " ")) {
			t.Errorf("%s: FORMAT.md does not have %q", what, want)
		}
	}
}
