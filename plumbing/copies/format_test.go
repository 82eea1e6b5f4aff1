// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

const (
	token = "000102030405060708090a0b0c0d0e0f"
	boot1 = "3f8a1f9c-9d9b-4c3e-8f5e-2d1f0a9b8c7d"
	boot2 = "00000000-9d9b-4c3e-8f5e-2d1f0a9b8c7d"
)

func golden(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func numbered(n int) []chunkstore.ID {
	ids := make([]chunkstore.ID, n)
	for i := range ids {
		ids[i] = chunkstore.BlobID([]byte{byte(i), byte(i >> 8)})
	}
	return chunkstore.SortedSet(ids)
}

func TestGolden(t *testing.T) {
	head := []chunkstore.ID{chunkstore.BlobID([]byte("head\n"))}
	lock := Lock{Token: token, Boot: boot1, End: 661500 * time.Millisecond, For: 10 * time.Minute, IDs: head}
	if diff := cmp.Diff(string(golden(t, "lock")), string(lock.encode())); diff != "" {
		t.Error(diff)
	}
	got, err := parseLock(token, golden(t, "lock"))
	if diff := cmp.Diff(lock, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	intent := Intent{Name: token, IDs: numbered(3)}
	if diff := cmp.Diff(string(golden(t, "intent")), string(intent.encode())); diff != "" {
		t.Error(diff)
	}
	again, err := parseIntent(token, golden(t, "intent"))
	if diff := cmp.Diff(intent, again); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestFormatMDShowsTheGoldenLock(t *testing.T) {
	doc, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	want := "    " + strings.ReplaceAll(strings.TrimSuffix(string(golden(t, "lock")), "\n"), "\n", "\n    ")
	if !strings.Contains(string(doc), want+"\n") {
		t.Errorf("FORMAT.md does not have:\n%s", want)
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(golden(t, "lock"))
	intent := string(golden(t, "intent"))
	swapped := strings.Split(intent, "\n")
	swapped[3], swapped[4] = swapped[4], swapped[3]
	for name, text := range map[string]string{
		"nothing":            "",
		"another version":    strings.Replace(good, "lock 1", "lock 2", 1),
		"an intent":          intent,
		"a boot id":          strings.Replace(good, "boot 3f", "boot 3F", 1),
		"a sign":             strings.Replace(good, "end ", "end +", 1),
		"a zero before":      strings.Replace(good, "end ", "end 0", 1),
		"negative":           strings.Replace(good, "end ", "end -", 1),
		"too large":          strings.Replace(good, "end ", "end 99999999999", 1),
		"no time":            strings.Replace(good, "for 600000000000", "for 0", 1),
		"too long":           strings.Replace(good, "for 600000000000", "for 3600000000001", 1),
		"another count":      strings.Replace(good, "chunks 1", "chunks 2", 1),
		"no chunks":          strings.Replace(good[:len(good)-lineLen], "chunks 1", "chunks 0", 1),
		"too many":           strings.Replace(good, "chunks 1", "chunks 131073", 1),
		"cut short":          good[:len(good)-1],
		"more":               good + "\n",
		"upper case":         strings.Replace(good, "564b", "564B", 1),
		"no empty line":      strings.Replace(good, "\n\n", "\n", 1),
		"a carriage return":  strings.Replace(good, "\n", "\r\n", 1),
		"a very long line":   strings.Repeat("x", 10_000),
		"a line without end": "git-devops lock 1\nboot " + boot1,
	} {
		var format *chunkstore.FormatError
		if _, err := parseLock(token, []byte(text)); !errors.As(err, &format) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"a lock": good, "out of order": strings.Join(swapped, "\n"),
		"twice the same": strings.Join([]string{intentHead, "chunks 2", "", swapped[3], swapped[3], ""}, "\n"),
	} {
		var format *chunkstore.FormatError
		if _, err := parseIntent(token, []byte(text)); !errors.As(err, &format) {
			t.Errorf("intent, %s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"lock", "intent"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if l, err := parseLock(token, data); err == nil && !bytes.Equal(l.encode(), data) {
			t.Errorf("lock %q becomes %q", data, l.encode())
		}
		if i, err := parseIntent(token, data); err == nil && !bytes.Equal(i.encode(), data) {
			t.Errorf("intent %q becomes %q", data, i.encode())
		}
	})
}

func TestNames(t *testing.T) {
	for range 100 {
		if name := newName(); !validName(name) || len(name) != hex.EncodedLen(16) {
			t.Fatal(name)
		}
	}
	for _, s := range []string{"", token[1:], token + "0", strings.ToUpper(token), "../" + token[3:], token[1:] + "\n"} {
		if validName(s) {
			t.Errorf("%q is a name", s)
		}
	}
	if now, err := readClock(); err != nil || now.At <= 0 {
		t.Errorf("%v, %v", now, err)
	}
}
