// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/repo"
)

// open opens the repository at path, and not one of the directories above it.
// GIT_ variables, which a client may have set, lead nowhere.
func open(path string) (*repo.Repo, error) {
	r, err := repo.Open(repo.Options{Dir: path})
	if err != nil {
		return nil, err
	}
	at, err := filepath.EvalSymlinks(path)
	if err == nil && !isTop(r, at) {
		err = fmt.Errorf("%w: %s", repo.ErrNotRepository, path)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// isTop reports whether at, without symbolic links, is the top of r's work
// tree, or r itself.
func isTop(r *repo.Repo, at string) bool {
	for _, top := range []string{r.WorkTree(), r.GitDir()} {
		if resolved, err := filepath.EvalSymlinks(top); top != "" && err == nil && resolved == at {
			return true
		}
	}
	return false
}

// uploadTimeout is how long git waits for a silent client, in seconds.
const uploadTimeout = "600"

// uploadPack becomes git's upload-pack of a repository. It returns only an
// error.
func uploadPack(gitDir string) error {
	git, err := exec.LookPath("git")
	if err == nil {
		args := []string{"git", "upload-pack", "--strict", "--timeout=" + uploadTimeout, gitDir}
		err = unix.Exec(git, args, uploadEnvironment(os.Environ()))
	}
	return fmt.Errorf("run git upload-pack: %w", err)
}

var validProtocol = regexp.MustCompile(`^version=[0-9]{1,3}$`)

// uploadEnvironment is env without the GIT_ variables, which would lead git
// elsewhere or change what it does, but for GIT_PROTOCOL as a git client sets
// it. The administrator's choice of configuration files stays.
func uploadEnvironment(env []string) []string {
	var kept []string
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		switch {
		case name == "GIT_PROTOCOL" && !validProtocol.MatchString(value):
		case name == "GIT_PROTOCOL", name == "GIT_EXEC_PATH", name == "GIT_CONFIG_NOSYSTEM", !strings.HasPrefix(name, "GIT_"):
			kept = append(kept, e)
		}
	}
	// Git fetches nothing on its own from a remote that the repository names.
	return append(kept, "GIT_NO_LAZY_FETCH=1")
}
