// SPDX-License-Identifier: Apache-2.0

// Package porcelain is what every verb shares: the entry point, the global
// options, exit codes, hints, help and the version. Invariant: a process ends
// in exactly one place, with a code from the table in exit.go, and says at
// most one final message.
//
// It imports no verb; package all lists them. How output looks is the
// business of package ui.
package porcelain

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain/ui"
)

// signalGrace is how long signals that follow the first are taken for it.
const signalGrace = 2 * time.Second

// Main runs the command line args, of which the first is the name the program
// was started by, and returns the exit code. A program name of
// git-devops-<verb> is that verb.
//
// The first SIGINT or SIGTERM cancels the context of the verb, one that comes
// later than signalGrace after it kills the process.
func Main(args []string, env Env, verbs func(*Globals) []*cobra.Command) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Git, on its way out, passes on the one that a terminal has sent to both.
	context.AfterFunc(ctx, func() { time.AfterFunc(signalGrace, stop) })
	// Noticed as an error of the write instead, so that deferred work is done.
	// Not ignored, because children would inherit that.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)

	if env.Getenv("GOGC") == "" {
		// What lives is mostly blocks of content, used again and again. As
		// much garbage again would double the memory for no time gained.
		debug.SetGCPercent(25)
	}
	env.Stdout = pipe{env.Stdout}
	g := &Globals{Env: env, Dir: env.Dir}
	root := Root(g, verbs(g))
	args = counts(root, passOn(root, dispatch(args)))
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if ctx.Err() != nil && err != nil {
		err = Exit(Interrupted, errors.New("interrupted"))
	}
	if g.UI == nil {
		g.JSON = g.JSON || wantsJSON(args)
		err = errors.Join(err, g.prepare())
	}
	return int(g.finish(cmd, err))
}

// dispatch turns the name of the program and its arguments into the arguments
// of the root command.
func dispatch(args []string) []string {
	if len(args) == 0 {
		return []string{}
	}
	if verb, ok := strings.CutPrefix(filepath.Base(args[0]), "git-devops-"); ok {
		return append([]string{verb}, args[1:]...)
	}
	return args[1:]
}

// finish says what is left to say about err and returns the code to exit with.
func (g *Globals) finish(cmd *cobra.Command, err error) Code {
	if flushed := g.UI.Flush(); flushed != nil && (err == nil || errors.Is(flushed, errBrokenPipe)) {
		err = flushed
	}
	code := CodeOf(err)
	if err == nil || word(code) == "" {
		return code
	}
	if e, ok := errors.AsType[*exitError](err); ok && e.err == nil {
		return code
	}
	g.UI.Fail(ui.Failure{Word: word(code), Code: int(code), Message: err.Error(), Hint: hintOf(err)})
	if code == Usage && !g.JSON && cmd.HasParent() {
		printSynopsis(g.Env.Stderr, cmd)
		printFlags(g.Env.Stderr, cmd.LocalNonPersistentFlags())
	}
	return code
}
