// SPDX-License-Identifier: Apache-2.0

// Package apply brings a root to a commit: it looks what base, target and live
// are, has a plan made of that, and does what the plan says.
//
// Invariants: nothing is changed before all that is new is durable beside its
// place and every live version that will go is saved; what the plan has not
// seen is not replaced; after a kill at any point each path is old or new, and
// the next run finishes.
//
// Package plan decides, package rootfs writes.
package apply
