// SPDX-License-Identifier: Apache-2.0

// Package s3 keeps chunks in a bucket of an S3 server, below a prefix. Its
// invariant: a body is written by one request that the server checks, so that
// an object is whole or not there.
//
// Requests that fail for a time (500, 503, SlowDown, a connection that breaks)
// are tried again, a bounded number of times, with pauses that grow.
// ../passive/FORMAT.md specifies the objects.
package s3
