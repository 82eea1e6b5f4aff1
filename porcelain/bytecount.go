// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteCount is the value of an option: a number of bytes, at least 0, with
// git's suffixes k, m and g.
type ByteCount int64

// Set implements pflag.Value.
func (b *ByteCount) Set(s string) error {
	digits := strings.TrimRight(s, "kKmMgG")
	shift := map[string]int{"": 0, "k": 10, "m": 20, "g": 30}
	by, ok := shift[strings.ToLower(s[len(digits):])]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || n < 0 || n > math.MaxInt64>>by {
		return fmt.Errorf("'%s' is not a number of bytes", s)
	}
	*b = ByteCount(n << by)
	return nil
}

// String implements pflag.Value.
func (b *ByteCount) String() string { return strconv.FormatInt(int64(*b), 10) }

// Type implements pflag.Value.
func (b *ByteCount) Type() string { return "bytes" }
