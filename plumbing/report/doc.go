// SPDX-License-Identifier: Apache-2.0

// Package report keeps what the runs on a host did: one commit a run on the
// host's own ref, which others can fetch.
//
// Invariants: a report has names, outcomes and times, and never the content of
// a file; the ref moves forward only, after the report is durable. The bytes
// are specified in FORMAT.md.
package report
