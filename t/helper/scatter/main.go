// SPDX-License-Identifier: Apache-2.0

// Command scatter makes, and changes, trees of all that a root can have: the
// same for the same seed.
//
//	scatter make <dir> <seed>      a tree in <dir>, which is empty
//	scatter change <dir> <seed>    something else of what is there
//	scatter drift <dir> <seed>     the same, but small changes only
//	scatter spoil <dir> <seed>     some of what is there, and nothing new
//
// Times are of the past, so that no two runs differ. Needs root.
package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "scatter:", err)
		os.Exit(128)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: scatter (make|change|drift|spoil) <dir> <seed>")
	}
	seed, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return err
	}
	if err := os.Chdir(args[1]); err != nil {
		return err
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	t := &tree{Rand: rand.New(rand.NewChaCha8(key))}
	switch args[0] {
	case "make":
		return t.make()
	case "change":
		return t.change(6 + t.IntN(20))
	case "drift":
		return t.change(1 + t.IntN(5))
	case "spoil":
		return t.spoil(1 + t.IntN(8))
	}
	return fmt.Errorf("unknown verb '%s'", args[0])
}
