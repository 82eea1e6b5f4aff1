// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/transfer"
)

// Who does a little now and then, or waits for a disk, is not idle.
func TestAwaitIdle(t *testing.T) {
	const stall = 30 * time.Second
	begun := func() func() time.Duration {
		t := time.Now()
		return func() time.Duration { return time.Since(t) }
	}
	for name, c := range map[string]struct {
		doings func(after time.Duration) (string, bool)
		ends   time.Duration // 0 for not
	}{
		"nothing": {func(time.Duration) (string, bool) { return "", false }, stall},
		"a trickle": {func(d time.Duration) (string, bool) {
			return fmt.Sprint(min(d, 10*time.Minute) / (stall * 3 / 4)), false
		}, 10*time.Minute + stall},
		"a disk": {func(d time.Duration) (string, bool) { return "", true }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				since, ended := begun(), time.Duration(0)
				awaitIdle(ctx, stall, func() (string, bool) { return c.doings(since()) }, func() { ended = since() })
				if ended < c.ends-stall/2 || ended > c.ends+stall/2 {
					t.Errorf("ended after %v", ended)
				}
			})
		})
	}
}

// A fetch from an upload-pack that has stopped, at once or half-way, is ended.
func TestStoppedUploadPack(t *testing.T) {
	for name, script := range map[string]string{
		"at once":  `kill -STOP $$`,
		"half-way": `git upload-pack "$@" | { head -c 100; kill -STOP $$; }`,
	} {
		t.Run(name, func(t *testing.T) {
			g := twoPeers(t)
			program := filepath.Join(t.TempDir(), "upload-pack")
			// What has stopped keeps its stderr open, and does not end with it.
			script = "#!/bin/sh\nexec 2>/dev/null\necho $$ >" + program + ".pid\n" + script + "\n"
			if err := os.WriteFile(program, []byte(script), 0o777); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { kill(t, program+".pid") })
			run(t, g.Dir, "config", "remote.a.uploadPack", "exec "+program)
			common := filepath.Join(g.Dir, ".git")
			unlock, err := Lock(common)
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
			f, err := Begin(t.Context(), g, common)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Branches(t.Context(), g, "a", time.Second); !errors.Is(err, transfer.ErrStalled) {
				t.Errorf("a: %v", err)
			}
			if err := f.Branches(t.Context(), g, "b", time.Minute); err != nil {
				t.Errorf("b: %v", err)
			}
			if err := f.End(); err != nil {
				t.Error(err)
			}
		})
	}
}

// kill ends the process whose id is in a file.
func kill(t *testing.T, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Error(err)
	}
}
