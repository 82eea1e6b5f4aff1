// SPDX-License-Identifier: Apache-2.0

// Command git-devops is the one executable of the suite, started as
// git-devops, as gdo, or through a link git-devops-<verb>.
package main

import (
	"os"

	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/all"
)

func main() { os.Exit(all.Main(os.Args, porcelain.System())) }
