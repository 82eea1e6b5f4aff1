// SPDX-License-Identifier: Apache-2.0

// Package stockgit keeps chunks on a git server that has none of our software,
// and gets them from there. Everything is done by the real git: a server, its
// rights and its transport are what git push and git fetch make of them.
//
// Invariants: a ref below refs/devops/manifests names every chunk of its
// manifest, so the server's own gc keeps them and its fsck finds nothing
// missing; and the repository here never has an object that names an absent
// chunk. What git needs meanwhile lies in a scratch repository, which the next
// run clears away when its owner was killed. FORMAT.md specifies the refs.
//
// It does not decide which manifests a server needs: package manifests finds
// them.
package stockgit
