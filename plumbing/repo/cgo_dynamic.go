// SPDX-License-Identifier: Apache-2.0

//go:build !static

package repo

// #cgo pkg-config: libgit2
import "C"
