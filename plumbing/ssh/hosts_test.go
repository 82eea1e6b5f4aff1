// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHosts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), ".ssh")
	files := map[string]string{
		"config": `# mine
Include conf.d/* ~/more absent
Host web db web
	HostName 10.0.0.1
host=nas
Host *.example.com !bad ro?t * "quoted" -oProxyCommand=x $(x)
Match exec "true"
	User root
Match all
	Include config
`,
		"conf.d/1": "Host included\nInclude ../config\n",
		"../more":  "Host more\n",
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Hosts(filepath.Join(dir, "config"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"db", "included", "more", "nas", "quoted", "web"}, got); diff != "" {
		t.Error(diff)
	}
	if got, err := Hosts(filepath.Join(dir, "absent")); err != nil || len(got) != 0 {
		t.Errorf("no file: %v, %v", got, err)
	}
	if _, err := Hosts(dir); err == nil {
		t.Error("a directory was read")
	}
}
