// SPDX-License-Identifier: Apache-2.0

package rootfs

import "testing"

// TestFoldsCase is for a file system that tells case; t/ has one that does not.
func TestFoldsCase(t *testing.T) {
	root, dir, _ := newRoot(t)
	mkdir(t, dir+"/etc")
	for _, path := range []string{"1", "etc", "etc/not/there", "etc/file/below"} {
		if folds, err := root.FoldsCase(path); folds || err != nil {
			t.Errorf("nothing there: %s: %v, %v", path, folds, err)
		}
	}
	for name, swapped := range map[string]string{"aBc-1é": "AbC-1é", "1": "1", "": ""} {
		if got := swapCase(name); got != swapped {
			t.Errorf("swapCase(%q) = %q", name, got)
		}
	}
	write(t, dir+"/etc/Motd", "x")
	write(t, dir+"/etc/mOTD", "x")
	if folds, err := root.FoldsCase("etc"); folds || err != nil {
		t.Errorf("%v, %v", folds, err)
	}
}
