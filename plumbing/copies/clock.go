// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// readClock tells the moment on this machine.
func readClock() (Instant, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Instant{}, fmt.Errorf("read boot id: %w", err)
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return Instant{}, fmt.Errorf("read boot time: %w", err)
	}
	now := Instant{Boot: strings.TrimSpace(string(boot)), At: time.Duration(ts.Nano())}
	if !validBoot(now.Boot) {
		return Instant{}, fmt.Errorf("read boot id: %q is none", now.Boot)
	}
	return now, nil
}
