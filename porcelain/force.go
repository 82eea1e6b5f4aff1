// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"os"
	"os/user"
	"strconv"

	"github.com/git-devops/git-devops/plumbing/copies"
)

// CheckForce refuses --force without --reason, and the other way.
func CheckForce(force bool, reason string) error {
	if force != (reason != "") {
		return Usagef("--force and --reason=<text> go together")
	}
	if force {
		if err := copies.CheckReason(reason); err != nil {
			return Usagef("--reason: %v", err)
		}
	}
	return nil
}

// Who names the person, and the machine, for the log.
func Who() string {
	who := "uid " + strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		who = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		who += "@" + host
	}
	return who
}
