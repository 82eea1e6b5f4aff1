// SPDX-License-Identifier: Apache-2.0

package accounts

// A Chain is the accounts of several places: of a name the first counts that
// knows it. The last one's error is the chain's.
type Chain []*Accounts

// UID returns the id of a user. The error is an *UnknownError.
func (c Chain) UID(name string) (uint32, error) { return c.find((*Accounts).UID, name) }

// GID returns the id of a group. The error is an *UnknownError.
func (c Chain) GID(name string) (uint32, error) { return c.find((*Accounts).GID, name) }

func (c Chain) find(id func(*Accounts, string) (uint32, error), name string) (n uint32, err error) {
	for _, a := range c {
		if n, err = id(a, name); err == nil {
			break
		}
	}
	return n, err
}
