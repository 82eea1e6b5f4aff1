// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/git-devops/git-devops/porcelain/ui"
)

// Env is what a command has from the process it runs in.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Dir            string // the directory it was started in, absolute
	Getenv         func(string) string
}

// System returns the environment of this process.
func System() Env {
	dir, err := os.Getwd()
	if err != nil {
		dir = "" // Main says so, if the command needs it
	}
	return Env{os.Stdin, os.Stdout, os.Stderr, dir, os.Getenv}
}

// Globals is what every verb is given. It is filled from flags and environment
// before a verb runs, and read-only from then on.
type Globals struct {
	// Env's Stdout is for bytes that are the answer as they are: file content,
	// protocols. Everything else goes through UI; the two must not be mixed
	// without UI.Flush between them.
	Env Env

	// Dir is the absolute directory to work in: that of Env with every -C
	// applied. The process stays where it is: see Path.
	Dir string

	// Repo is --repo, as an absolute path: see OpenHost. "" is not given.
	Repo string

	JSON     bool    // --json
	Quiet    bool    // -q
	Verbose  bool    // -v
	Progress ui.When // --progress, --no-progress
	Color    ui.When // --color

	UI *ui.UI

	gitDir  string // the repository that choose has found, "" to search from Dir
	usage   bool   // -h
	version bool   // --version of the root
}

// addFlags defines the options of every verb. help.txt explains them.
func (g *Globals) addFlags(f *pflag.FlagSet) {
	f.VarP(&dirFlag{g}, "directory", "C", "run as if started in `<dir>`")
	f.Var(&repoFlag{g}, "repo", "use the repository in `<git dir>`, as that of a host")
	f.BoolVar(&g.JSON, "json", false, "print one JSON object a line")
	f.BoolVarP(&g.Quiet, "quiet", "q", false, "say less")
	f.BoolVarP(&g.Verbose, "verbose", "v", false, "say more")
	f.Var(&progressFlag{&g.Progress, ui.Always}, "progress", "show progress even when not on a terminal")
	f.Var(&progressFlag{&g.Progress, ui.Never}, "no-progress", "show no progress")
	f.Var(&g.Color, "color", "use colours: auto, always or never (`<when>`)")
	f.BoolVarP(&g.usage, "usage", "h", false, "show a short usage")
	f.Bool("help", false, "show the manual page")
	for _, name := range []string{"progress", "no-progress"} {
		f.Lookup(name).NoOptDefVal = "true"
	}
	f.Lookup("color").NoOptDefVal = "always"
	f.SortFlags = false
}

// prepare fills in what follows from flags and environment.
func (g *Globals) prepare() error {
	g.UI = ui.New(ui.Options{
		Stdout: g.Env.Stdout, Stderr: g.Env.Stderr,
		JSON: g.JSON, Quiet: g.Quiet, Verbose: g.Verbose,
		Progress: g.Progress, Color: g.Color,
		Getenv: g.Env.Getenv, Config: g.config,
	})
	if g.Dir == "" {
		return errors.New("the current directory is gone or unreadable")
	}
	switch fi, err := os.Stat(g.Dir); {
	case err != nil:
		return fmt.Errorf("cannot change to '%s': %w", g.Dir, cause(err))
	case !fi.IsDir():
		return fmt.Errorf("cannot change to '%s': %w", g.Dir, syscall.ENOTDIR)
	}
	return nil
}

// cause is the system's part of an error, for messages that name the path
// already.
func cause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// dirFlag is -C: each one is relative to the one before, "" changes nothing.
type dirFlag struct{ g *Globals }

func (d *dirFlag) Set(s string) error {
	d.g.Dir = d.g.Path(s)
	return nil
}
func (d *dirFlag) String() string { return "" }
func (d *dirFlag) Type() string   { return "dir" }

// repoFlag is --repo, relative to the directory that a -C before it leads to.
type repoFlag struct{ g *Globals }

func (r *repoFlag) Set(s string) error {
	if s == "" {
		return errors.New("the path is empty")
	}
	r.g.Repo = r.g.Path(s)
	return nil
}
func (r *repoFlag) String() string { return "" }
func (r *repoFlag) Type() string   { return "dir" }

// progressFlag is one of the two options that set one value.
type progressFlag struct {
	value *ui.When
	on    ui.When
}

func (p *progressFlag) Set(s string) error {
	switch set, err := strconv.ParseBool(s); {
	case err != nil:
		return err
	case set:
		*p.value = p.on
	case *p.value == p.on:
		*p.value = ui.Auto
	}
	return nil
}
func (p *progressFlag) String() string   { return "false" }
func (p *progressFlag) Type() string     { return "bool" }
func (p *progressFlag) IsBoolFlag() bool { return true }

// errBrokenPipe is a write to standard output that nobody reads. Broken pipes
// of other files stay what they are.
var errBrokenPipe = errors.New("nobody reads standard output")

// pipe is standard output with its broken pipe told apart.
type pipe struct{ io.Writer }

func (p pipe) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	switch {
	case errors.Is(err, syscall.EPIPE):
		return n, errBrokenPipe
	case err != nil:
		return n, fmt.Errorf("write standard output: %w", cause(err))
	}
	return n, nil
}

// Fd lets a terminal be recognised; it is an invalid descriptor when standard
// output is not a file.
func (p pipe) Fd() uintptr {
	if f, ok := p.Writer.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// Path returns where a path given as an argument is, as an absolute path.
func (g *Globals) Path(arg string) string {
	if filepath.IsAbs(arg) {
		return filepath.Clean(arg)
	}
	return filepath.Join(g.Dir, arg)
}

// wantsJSON looks for --json where the flags could not be parsed.
func wantsJSON(args []string) bool {
	return slices.Contains(args, "--json")
}
