// SPDX-License-Identifier: Apache-2.0

package passive

import "fmt"

// An OfflineError says that a store is not where it was looked for, which is
// normal for a disk on the shelf: another time it may be there.
type OfflineError struct {
	Place string // as the store's Name gives it
	Err   error  // what was found instead
}

// Error names the place and the cause.
func (e *OfflineError) Error() string { return fmt.Sprintf("%s is offline: %v", e.Place, e.Err) }

// Unwrap returns Err.
func (e *OfflineError) Unwrap() error { return e.Err }

// A WrongStoreError says that another store lies where one was looked for.
type WrongStoreError struct {
	Place     string
	Want, Got StoreID
}

// Error names the place and both ids.
func (e *WrongStoreError) Error() string {
	return fmt.Sprintf("%s is another store: its id is %s, not %s", e.Place, e.Got, e.Want)
}

// A FullError says that a store has no room for a chunk. What it has is not
// harmed.
type FullError struct {
	Place string
	Err   error
}

// Error names the place.
func (e *FullError) Error() string { return fmt.Sprintf("%s is full: %v", e.Place, e.Err) }

// Unwrap returns Err.
func (e *FullError) Unwrap() error { return e.Err }

// A CredentialsError says that a store refuses whoever asks.
type CredentialsError struct {
	Place string
	Err   error
}

// Error names the place and what it said.
func (e *CredentialsError) Error() string {
	return fmt.Sprintf("%s refuses the credentials: %v", e.Place, e.Err)
}

// Unwrap returns Err.
func (e *CredentialsError) Unwrap() error { return e.Err }

// Hint says where credentials are looked for.
func (e *CredentialsError) Hint() string {
	return "credentials are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws/credentials (AWS_PROFILE), or the role of the machine"
}

// A SealError says that a store and what is configured for it do not agree on
// whether, or for whom, it is sealed. Nothing was written.
type SealError struct {
	Place  string
	Reason string
}

// Error names the place and what does not fit.
func (e *SealError) Error() string { return e.Place + " " + e.Reason }
