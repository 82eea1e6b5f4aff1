// SPDX-License-Identifier: Apache-2.0

// Package hooks has the git hooks that are installed into repositories. They
// are thin: each runs a verb.
package hooks

import _ "embed"

// PrePush brings chunks to a git server, see git-devops-pre-push(1).
//
//go:embed pre-push
var PrePush string
