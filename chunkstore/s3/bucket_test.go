// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/chunkstore/storetest"
)

// damaged is a store whose server's disk can be damaged.
type damaged struct {
	*passive.Store
	path string
	b    *Bucket
}

func (s damaged) Corrupt(t testing.TB, id chunkstore.ID) {
	path := filepath.Join(s.path, s.b.key(id))
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body[len(body)/2] ^= 1
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	s := realServer(t)
	storetest.Run(t, func(t *testing.T) chunkstore.Store {
		b := create(t, address(t, s.host), Options{})
		return damaged{store(t, b), s.dir, b}
	})
	storetest.RunPassive(t, func(t *testing.T) *passive.Store {
		return store(t, create(t, address(t, s.host), Options{}))
	})
}

// TestRetries: what a server refuses for a time costs time, not the run. The
// suite runs with every other request refused.
func TestRetries(t *testing.T) {
	for name, refusal := range map[string]fault{
		"slow down": func(w http.ResponseWriter, _ *http.Request) bool { refuse(w, 503, "SlowDown"); return true },
		"500":       func(w http.ResponseWriter, _ *http.Request) bool { refuse(w, 500, "InternalError"); return true },
		"no answer": func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int64
			host := proxy(t, func(w http.ResponseWriter, r *http.Request) bool {
				return n.Add(1)%2 == 1 && refusal(w, r)
			})
			s := store(t, create(t, address(t, host), Options{}))
			data := random(100_000)
			id := chunkstore.BlobID(data)
			if err := s.Put(t.Context(), id, data); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Get(t.Context(), id); err != nil || !bytes.Equal(got, data) {
				t.Errorf("Get: %d bytes, %v", len(got), err)
			}
			if err := s.Delete(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBodiesThatBreakOff: a body that is cut or changed on its way is never
// returned; one that is cut once is read again.
func TestBodiesThatBreakOff(t *testing.T) {
	var mode atomic.Value
	mode.Store("")
	host := proxy(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/store-") || strings.HasSuffix(r.URL.Path, passive.MarkName) {
			return false
		}
		body := bytes.Repeat([]byte("x"), 5000)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("ETag", `"x"`)
		switch mode.Load() {
		case "cut once":
			mode.Store("")
			fallthrough
		case "cut":
			w.Header().Set("Content-Length", "5000")
			w.Write(body[:2500])
			panic(http.ErrAbortHandler)
		case "lie":
			w.Write(body)
		case "long":
			w.Header().Set("Content-Length", strconv.Itoa(1<<40))
			w.Write(body)
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	})
	s := store(t, create(t, address(t, host), Options{Retries: 2}))
	data := random(100_000)
	id := chunkstore.BlobID(data)
	if err := s.Put(t.Context(), id, data); err != nil {
		t.Fatal(err)
	}
	mode.Store("cut once")
	if got, err := s.Get(t.Context(), id); err != nil || !bytes.Equal(got, data) {
		t.Errorf("cut once: %d bytes, %v", len(got), err)
	}
	mode.Store("cut")
	if _, err := s.Get(t.Context(), id); !offline(err) {
		t.Errorf("cut: %v", err)
	}
	for _, m := range []string{"lie", "long"} {
		mode.Store(m)
		var corrupt *chunkstore.CorruptError
		if _, err := s.Get(t.Context(), id); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", m, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	var status atomic.Int64
	var code atomic.Value
	host := proxy(t, func(w http.ResponseWriter, r *http.Request) bool {
		if status.Load() == 0 {
			return false
		}
		refuse(w, int(status.Load()), code.Load().(string))
		return true
	})
	b := create(t, address(t, host), Options{Retries: 2})
	s := store(t, b)
	content := []byte("x")
	for _, tt := range []struct {
		status int64
		code   string
		is     func(error) bool
	}{
		{503, "SlowDown", offline},
		{500, "InternalError", offline},
		{403, "AccessDenied", refused},
		{403, "SignatureDoesNotMatch", refused},
		{507, "XMinioStorageFull", full},
		{403, "QuotaExceeded", full},
	} {
		status.Store(tt.status)
		code.Store(tt.code)
		_, get := s.Get(t.Context(), chunkstore.BlobID(content))
		for what, err := range map[string]error{
			"Get":    get,
			"Put":    b.Write(t.Context(), chunkstore.BlobID(content), content),
			"Delete": s.Delete(t.Context(), chunkstore.BlobID(content)),
			"Each":   s.Each(t.Context(), func(chunkstore.ID) error { return nil }),
		} {
			if !tt.is(err) {
				t.Errorf("%s, answered %d %s: %v", what, tt.status, tt.code, err)
			}
		}
	}
}

func offline(err error) bool { _, ok := errors.AsType[*passive.OfflineError](err); return ok }
func refused(err error) bool { _, ok := errors.AsType[*passive.CredentialsError](err); return ok }
func full(err error) bool    { _, ok := errors.AsType[*passive.FullError](err); return ok }

func TestWrongCredentials(t *testing.T) {
	a := address(t, realServer(t).host)
	create(t, a, Options{})
	for name, getenv := range map[string]Environment{
		"wrong secret": env("AWS_SECRET_ACCESS_KEY", "wrong"),
		"unknown key":  env("AWS_ACCESS_KEY_ID", "unknown"),
		"none":         env("AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", ""),
	} {
		_, err := Open(t.Context(), a, Options{Getenv: getenv})
		if !refused(err) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), secretKey) {
			t.Errorf("%s: the secret is repeated: %v", name, err)
		}
	}
}

func TestCredentialsOfAFile(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(home+"/.aws", 0o700); err != nil {
		t.Fatal(err)
	}
	file := "[default]\naws_access_key_id = unknown\naws_secret_access_key = wrong\n" +
		"[mine]\naws_access_key_id = " + accessKey + "\naws_secret_access_key = " + secretKey + "\n"
	if err := os.WriteFile(home+"/.aws/credentials", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	a := address(t, realServer(t).host)
	create(t, a, Options{})
	of := func(profile string) Environment {
		return env("AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", "", "HOME", home, "AWS_PROFILE", profile)
	}
	if b, err := Open(t.Context(), a, Options{Getenv: of("mine")}); err != nil {
		t.Error(err)
	} else {
		b.Close()
	}
	if _, err := Open(t.Context(), a, Options{Getenv: of("")}); !refused(err) {
		t.Errorf("the default profile: %v", err)
	}
}

func TestOffline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := Open(t.Context(), address(t, l.Addr().String()), Options{Getenv: env(), Retries: 2}); !offline(err) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
	if _, err := Open(t.Context(), address(t, realServer(t).host), Options{Getenv: env(), Retries: 2}); !offline(err) {
		t.Errorf("no mark: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, address(t, realServer(t).host), Options{Getenv: env()}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	none := address(t, realServer(t).host)
	none.Bucket = "no-such-bucket"
	if _, err := Create(t.Context(), none, passive.Mark{}, Options{Getenv: env()}); err == nil || !strings.Contains(err.Error(), "bucket") {
		t.Errorf("no such bucket: %v", err)
	}
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	a := address(t, realServer(t).host)
	first := create(t, a, Options{})
	if err := first.writeMark(t.Context(), passive.Mark{ID: passive.NewStoreID()}); err != nil {
		t.Errorf("writing a mark where one is: %v", err)
	}
	if second := create(t, a, Options{}); second.Mark() != first.Mark() {
		t.Error("the mark was replaced")
	}
}

// TestHaveOfMany takes the way by lists.
func TestHaveOfMany(t *testing.T) {
	s := store(t, create(t, address(t, realServer(t).host), Options{}))
	ids := make([]chunkstore.ID, askedOne+10)
	for i := range ids {
		content := []byte(strconv.Itoa(i))
		ids[i] = chunkstore.BlobID(content)
		if i%50 == 0 {
			if err := s.Put(t.Context(), ids[i], content); err != nil {
				t.Fatal(err)
			}
		}
	}
	have, err := s.Have(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for i, ok := range have {
		if ok != (i%50 == 0) {
			t.Errorf("chunk %d: %v", i, ok)
		}
	}
}

func random(n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(data)
	return data
}
