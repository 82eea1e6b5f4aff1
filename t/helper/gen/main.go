// SPDX-License-Identifier: Apache-2.0

// Command gen writes test data to standard output: the same bytes for the same
// arguments, everywhere and always.
//
//	gen random <bytes> <seed>    bytes that do not compress
//	gen text <bytes> <seed>      lines as of a log, which compress well
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(128)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: gen (random|text) <bytes> <seed>")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	seed, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return err
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	source := rand.NewChaCha8(key)
	switch args[0] {
	case "random":
		_, err = io.CopyN(out, source, n)
		return err
	case "text":
		return text(out, n, rand.New(source))
	}
	return fmt.Errorf("unknown kind of data '%s'", args[0])
}

// text writes the lines of an invented web server's log; the last is cut so
// that n is met.
func text(out io.Writer, n int64, r *rand.Rand) error {
	w := bufio.NewWriterSize(out, 1<<20)
	methods := []string{"GET", "GET", "GET", "POST", "HEAD"}
	words := []string{"index", "static", "api", "users", "images", "login", "report", "search", "cart", "item"}
	clock := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for n > 0 {
		clock = clock.Add(time.Duration(r.IntN(900)) * time.Millisecond)
		line := fmt.Appendf(nil, "%s 10.%d.%d.%d %s /%s/%s/%d %d %d %dus\n",
			clock.Format("2006-01-02T15:04:05.000Z"), r.IntN(4), r.IntN(16), r.IntN(256),
			methods[r.IntN(len(methods))], words[r.IntN(len(words))], words[r.IntN(len(words))],
			r.IntN(100000), 200+r.IntN(3)*100, r.IntN(1<<20), r.IntN(1<<16))
		line = line[:min(n, int64(len(line)))]
		if _, err := w.Write(line); err != nil {
			return err
		}
		n -= int64(len(line))
	}
	return w.Flush()
}
