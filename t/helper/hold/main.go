// SPDX-License-Identifier: Apache-2.0

// Command hold adds COUNT small chunks, which nothing names, to the held set
// of the repository in DIR: what a large store does to commands is measured
// with it.
//
//	hold DIR COUNT
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: hold DIR COUNT")
		os.Exit(129)
	}
	if err := fill(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "hold:", err)
		os.Exit(128)
	}
}

func fill(dir, number string) error {
	count, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return err
	}
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer r.Close()
	store, err := gitstore.Open(r)
	if err != nil {
		return err
	}
	defer store.Close()
	batch, err := store.Begin(context.Background())
	if err != nil {
		return err
	}
	defer batch.Abort()
	encoder := packfile.NewEncoder()
	for i := range count {
		data := binary.BigEndian.AppendUint64([]byte("chunk"), i)
		o := encoder.Encode(packfile.Blob, chunkstore.BlobID(data), data)
		err := batch.Append(o)
		o.Release()
		if err != nil {
			return err
		}
	}
	if err := batch.Commit(context.Background()); err != nil {
		return err
	}
	return batch.Settle()
}
