// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func run(t *testing.T, a Action) (string, error) {
	t.Helper()
	a.Name = "test"
	if a.Timeout == 0 {
		a.Timeout = time.Minute
	}
	var output strings.Builder
	err := a.Exec(t.Context(), "/", &output)
	return output.String(), err
}

func TestExec(t *testing.T) {
	t.Setenv("GIT_DIR", "/nowhere")
	output, err := run(t, Action{Run: "pwd; echo $GIT_DEVOPS_ACTION $HOME $GIT_DIR; cat; echo to stderr >&2"})
	if want := "/\ntest /root\nto stderr\n"; output != want || err != nil {
		t.Errorf("the output is %q, the error %v", output, err)
	}
}

func TestExecFails(t *testing.T) {
	_, err := run(t, Action{Run: "echo first; echo the reason; exit 3"})
	if err == nil || err.Error() != "action test: exit status 3: the reason" {
		t.Errorf("the error is %v", err)
	}
	if _, ok := errors.AsType[*RunError](err); !ok {
		t.Errorf("the error is a %T", err)
	}
}

func TestExecRemembersTheEndOfLongOutput(t *testing.T) {
	_, err := run(t, Action{Run: "yes | head -n 100000; echo the end; exit 1"})
	e, ok := errors.AsType[*RunError](err)
	if !ok || len(e.Output) > maxOutput || !strings.HasSuffix(e.Output, "y\nthe end\n") {
		t.Errorf("the error is %v", err)
	}
}

func TestExecKillsWhatTakesTooLong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	_, err := run(t, Action{Run: "sleep 1000 & echo $! >" + file + "; wait", Timeout: 200 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "timed out after 200ms") {
		t.Errorf("the error is %v", err)
	}
	pid, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 { // the kernel does it when it likes
		status, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		if err != nil || strings.Contains(string(status), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("what the command started lives")
}

func TestExecIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := Action{Run: "sleep 1000", Timeout: time.Hour}
	if err := a.Exec(ctx, "/", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestExecLeavesServicesAlone(t *testing.T) {
	if _, err := run(t, Action{Run: "sleep 3 & exit 0"}); err != nil {
		t.Error(err)
	}
}

func TestExecInAnotherRoot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can change the root")
	}
	a := Action{Name: "test", Run: "true", Timeout: time.Minute}
	err := a.Exec(t.Context(), t.TempDir(), nil)
	if e, ok := errors.AsType[*RunError](err); !ok || !strings.Contains(e.Reason, "/bin/sh") {
		t.Errorf("an empty root has a shell: %v", err)
	}
}
