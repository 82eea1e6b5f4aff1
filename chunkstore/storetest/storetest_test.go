// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) chunkstore.Store { return NewMemory() })
}
