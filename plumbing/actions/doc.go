// SPDX-License-Identifier: Apache-2.0

// Package actions knows the commands of .devops/actions, that are run when
// paths changed: it parses the file, tells which changes they are for, runs
// them, and remembers those that have not succeeded yet.
//
// Invariant: a pending action is forgotten only after its command succeeded,
// or when the applied commit has it no more. FORMAT.md specifies both files.
package actions
