// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// maxCachedDirs bounds the open directories that nobody uses at the moment.
const maxCachedDirs = 64

// A dirCache keeps directories open, because one path is mostly followed by
// another in the same directory.
type dirCache struct {
	root *Root

	mu   sync.Mutex
	open map[string]*cachedDir
}

type cachedDir struct {
	Dir
	key  string
	dev  uint64
	uses int
	// stale says that the path may lead elsewhere now.
	stale bool
	// unsafe says why others than root may put names here, "" for no.
	unsafe string
	// inherits says that new files get an ACL from the directory.
	inherits bool
}

// acquire opens a directory until release.
func (c *dirCache) acquire(path string) (*cachedDir, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.open[path]; d != nil {
		d.uses++
		return d, nil
	}
	d, err := openCached(c.root, path)
	if err != nil {
		return nil, err
	}
	c.shrink(maxCachedDirs)
	c.open[path] = d
	d.uses = 1
	return d, nil
}

func openCached(r *Root, path string) (*cachedDir, error) {
	fd, real, err := r.openDir(path)
	if err != nil {
		return nil, err
	}
	d := &cachedDir{Dir: Dir{fd, real}, key: path}
	var st Info
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, errors.Join(fmt.Errorf("look at %s: %w", path, err), d.Close())
	}
	d.dev, d.unsafe = st.Dev, unsafeToLink(&st)
	n, err := unix.Fgetxattr(fd, "system.posix_acl_default", nil)
	d.inherits = err == nil && n > 0
	return d, nil
}

func (c *dirCache) release(d *cachedDir) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d.uses--
	if d.stale && d.uses == 0 {
		d.Close()
	}
}

// forget is for when a directory or a link was replaced or removed: paths may
// lead elsewhere now.
func (c *dirCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shrink(0)
	for path, d := range c.open {
		d.stale = true
		delete(c.open, path)
	}
}

// shrink closes unused directories if there are more than limit.
func (c *dirCache) shrink(limit int) {
	if len(c.open) <= limit {
		return
	}
	for path, d := range c.open {
		if d.uses == 0 {
			d.Close()
			delete(c.open, path)
		}
	}
}
