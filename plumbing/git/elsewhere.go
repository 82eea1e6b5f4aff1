// SPDX-License-Identifier: Apache-2.0

package git

import (
	"os/exec"
	"slices"
	"strings"
)

// At returns a runner for the repository whose directory is gitDir, an
// absolute path. What the environment says of another repository no longer
// counts; configuration given on git's command line does.
func (r Runner) At(gitDir string) Runner {
	env := (&exec.Cmd{Env: r.Env}).Environ()
	r.Env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(localVariables(), name)
	})
	r.Env = append(r.Env, "GIT_DIR="+gitDir)
	return r
}

// With returns a runner whose environment has these variables, each written
// name=value, too.
func (r Runner) With(variables ...string) Runner {
	r.Env = append(slices.Clone((&exec.Cmd{Env: r.Env}).Environ()), variables...)
	return r
}

// localVariables are those of git rev-parse --local-env-vars that are not
// about configuration, and GIT_NAMESPACE.
func localVariables() []string {
	return []string{
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_OBJECT_DIRECTORY", "GIT_DIR",
		"GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
		"GIT_INDEX_FILE", "GIT_REPLACE_REF_BASE", "GIT_PREFIX",
		"GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_INTERNAL_SUPER_PREFIX",
		"GIT_NAMESPACE", "GIT_QUARANTINE_PATH",
	}
}
