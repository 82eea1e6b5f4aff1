// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore/passive"
)

const (
	accessKey = "test"
	secretKey = "not-a-secret"
)

// server is a real S3 server with an empty bucket "chunks" on a directory.
type server struct {
	host string
	dir  string // of the bucket
}

var theServer = struct {
	server
	err error
}{}

// TestMain starts one server for all tests.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		stop, err := startServer()
		theServer.err = err
		if err == nil {
			defer stop()
		}
		return m.Run()
	}())
}

func startServer() (stop func(), err error) {
	path, err := exec.Command("../../t/s3-server.sh").Output()
	if err != nil {
		return nil, fmt.Errorf("build the S3 server: %w", err)
	}
	top, err := os.MkdirTemp("", "s3-")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	theServer.host = l.Addr().String()
	l.Close()
	theServer.dir = top + "/data/chunks"
	for _, d := range []string{theServer.dir, top + "/meta"} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(strings.TrimSpace(string(path)), "--port", theServer.host, "--access", accessKey, "--secret", secretKey,
		"--quiet", "--keep-alive", "posix", "--sidecar", top+"/meta", top+"/data")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(top)
	}
	for range 500 {
		conn, err := net.Dial("tcp", theServer.host)
		if err == nil {
			conn.Close()
			return stop, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	return nil, fmt.Errorf("the S3 server does not listen on %s", theServer.host)
}

func realServer(t *testing.T) server {
	t.Helper()
	if theServer.err != nil {
		t.Fatal(theServer.err)
	}
	return theServer.server
}

// env is the environment with the server's credentials.
func env(change ...string) Environment {
	values := map[string]string{
		"AWS_ACCESS_KEY_ID":         accessKey,
		"AWS_SECRET_ACCESS_KEY":     secretKey,
		"AWS_REGION":                "us-east-1",
		"AWS_EC2_METADATA_DISABLED": "true",
	}
	for i := 0; i < len(change); i += 2 {
		values[change[i]] = change[i+1]
	}
	return func(name string) string { return values[name] }
}

var prefixes atomic.Int64

// address is that of an empty store of its own.
func address(t *testing.T, host string) Address {
	t.Helper()
	a, err := Parse(fmt.Sprintf("s3:http://%s/chunks/store-%d", host, prefixes.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func create(t *testing.T, a Address, o Options) *Bucket {
	t.Helper()
	if o.Getenv == nil {
		o.Getenv = env()
	}
	b, err := Create(t.Context(), a, passive.Mark{ID: passive.NewStoreID()}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func store(t *testing.T, b *Bucket) *passive.Store {
	t.Helper()
	s, err := passive.New(b, passive.Plain{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A fault answers a request in the server's place, or returns false.
type fault func(w http.ResponseWriter, r *http.Request) bool

// proxy stands in front of the server, and asks fault before each request.
func proxy(t *testing.T, fault fault) (host string) {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: realServer(t).host}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fault(w, r) {
			forward.ServeHTTP(w, r)
		}
	})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// refuse answers as an S3 server that has a reason.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>as the test wants it</Message></Error>", code)
}
