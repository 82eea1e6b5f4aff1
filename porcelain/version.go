// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/git-devops/git-devops/porcelain/ui"
)

// version is set by the linker (see the Makefile) where the build knows a
// better one than the module's.
var version string

// BuildInfo says what this program was built from.
type BuildInfo struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Build returns the facts about this program.
func Build() BuildInfo {
	b := BuildInfo{version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if b.Version != "" {
		return b
	}
	b.Version = "unknown"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	return b
}

// Type implements ui.Record.
func (BuildInfo) Type() string { return "version" }

// Text implements ui.Record.
func (b BuildInfo) Text(*ui.UI) string {
	return fmt.Sprintf("git-devops version %s (%s, %s)", b.Version, b.Go, b.Platform)
}
