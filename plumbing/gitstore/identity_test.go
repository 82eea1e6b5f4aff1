// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestIdentity(t *testing.T) {
	s, other := newStore(t), newStore(t)
	path := filepath.Join(s.private, "id")
	if id, err := s.Identity(false); id != "" || err != nil {
		t.Error(id, err)
	}
	if _, err := os.Stat(s.private); err == nil {
		t.Error("asking has written something")
	}
	var ids [8]string
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() { ids[i], _ = open(t, s.dir()).Identity(true) })
	}
	wait.Wait()
	for _, id := range ids {
		if len(id) != 32 || id != ids[0] {
			t.Errorf("%q", ids)
		}
	}
	if id, err := s.Identity(false); id != ids[0] || err != nil {
		t.Error(id, err)
	}
	if id, err := other.Identity(true); len(id) != 32 || id == ids[0] || err != nil {
		t.Error(id, err)
	}
	if left := glob(t, s.spool, "*"); len(left) > 0 {
		t.Error(left)
	}
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, []byte("x\n"), 0o666))
	if id, err := s.Identity(true); id != "" || err == nil {
		t.Errorf("damaged: %q, %v", id, err)
	}
}
