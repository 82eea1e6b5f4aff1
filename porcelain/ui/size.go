// SPDX-License-Identifier: Apache-2.0

package ui

import "github.com/dustin/go-humanize"

// Size prints a number of bytes for a person.
func Size(n int64) string { return humanize.IBytes(uint64(max(0, n))) }
