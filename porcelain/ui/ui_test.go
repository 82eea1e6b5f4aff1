// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type thing struct {
	Name Path  `json:"name"`
	Size int64 `json:"size"`
}

func (thing) Type() string        { return "thing" }
func (t thing) Text(u *UI) string { return u.Paint(Green, t.Name.String()) }
func always(io.Writer) bool       { return true }
func fixed(v string) func(string) (string, bool) {
	return func(string) (string, bool) { return v, true }
}

// capture returns what a UI with these options writes to its two streams.
func capture(t *testing.T, o Options, use func(*UI)) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	o.Stdout, o.Stderr = &out, &errs
	u := New(o)
	use(u)
	if err := u.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String()
}

func TestOutput(t *testing.T) {
	everything := func(u *UI) {
		u.Print(thing{"answer", 1})
		u.Info(thing{"info", 2})
		u.Detail(thing{"detail", 3})
		u.Printf("%d %s", 1, "text")
		u.Warnf("odd %s", "thing")
		u.Errorf("bad\nthing")
		u.Hintf("do\nthis")
		u.Fail(Failure{"fatal", 13, "gone", "fetch it"})
	}
	messages := "warning: odd thing\nerror: bad\nthing\nhint: do\nhint: this\nfatal: gone\nhint: fetch it\n"
	tests := []struct {
		name           string
		o              Options
		stdout, stderr string
	}{
		{"text", Options{}, "answer\ninfo\n1 text\n", messages},
		{"quiet", Options{Quiet: true}, "answer\n1 text\n", messages},
		{"verbose", Options{Verbose: true}, "answer\ninfo\ndetail\n1 text\n", messages},
		{"json", Options{JSON: true, Color: Always},
			`{"type":"thing","name":"answer","size":1}` + "\n" +
				`{"type":"thing","name":"info","size":2}` + "\n",
			`{"type":"warning","message":"odd thing"}` + "\n" +
				`{"type":"error","message":"bad\nthing"}` + "\n" +
				`{"type":"error","code":13,"message":"gone","hint":"fetch it"}` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr := capture(t, tt.o, everything)
			if diff := cmp.Diff(tt.stdout, stdout); diff != "" {
				t.Error("stdout:", diff)
			}
			if diff := cmp.Diff(tt.stderr, stderr); diff != "" {
				t.Error("stderr:", diff)
			}
		})
	}
}

func TestControlCharactersNeverReachTheTerminal(t *testing.T) {
	_, stderr := capture(t, Options{}, func(u *UI) { u.Errorf("no \x1b[2J\r\x07file") })
	if want := "error: no ?[2J??file\n"; stderr != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}

func TestStreamsKeepTheirOrder(t *testing.T) {
	var both bytes.Buffer
	u := New(Options{Stdout: &both, Stderr: &both})
	u.Printf("one")
	u.Warnf("two")
	u.Printf("three")
	if err := u.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := "one\nwarning: two\nthree\n"; both.String() != want {
		t.Errorf("got %q, want %q", both.String(), want)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteErrorIsRemembered(t *testing.T) {
	want := errors.New("disk full")
	u := New(Options{Stdout: failing{want}, Stderr: io.Discard})
	u.Printf("text")
	u.Warnf("flushes")
	u.Printf("more")
	if err := u.Flush(); err != want {
		t.Errorf("Flush returned %v, want %v", err, want)
	}
}

func TestPaint(t *testing.T) {
	env := func(name, value string) func(string) string {
		return func(n string) string {
			if n == name {
				return value
			}
			return ""
		}
	}
	tests := []struct {
		name string
		o    Options
		want bool
	}{
		{"not a terminal", Options{}, false},
		{"a terminal", Options{Terminal: always}, true},
		{"--color=never", Options{Terminal: always, Color: Never}, false},
		{"--color=always", Options{Color: Always}, true},
		{"NO_COLOR", Options{Terminal: always, Getenv: env("NO_COLOR", "1")}, false},
		{"NO_COLOR over config", Options{Config: fixed("always"), Getenv: env("NO_COLOR", "1")}, false},
		{"--color over NO_COLOR", Options{Color: Always, Getenv: env("NO_COLOR", "1")}, true},
		{"TERM=dumb", Options{Terminal: always, Getenv: env("TERM", "dumb")}, false},
		{"config always", Options{Config: fixed("always")}, true},
		{"config never", Options{Terminal: always, Config: fixed("never")}, false},
		{"config false", Options{Terminal: always, Config: fixed("false")}, false},
		{"config true", Options{Terminal: always, Config: fixed("true")}, true},
		{"config true, no terminal", Options{Config: fixed("true")}, false},
		{"config nonsense", Options{Terminal: always, Config: fixed("purple")}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Stdout, tt.o.Stderr = io.Discard, io.Discard
			want := map[bool]string{true: "\x1b[31mx\x1b[m", false: "x"}[tt.want]
			if got := New(tt.o).Paint(Red, "x"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestColorDevopsGoesBeforeColorUI(t *testing.T) {
	config := func(key string) (string, bool) {
		return map[string]string{"color.devops": "always", "color.ui": "never"}[key], true
	}
	u := New(Options{Stdout: io.Discard, Stderr: io.Discard, Config: config})
	if u.Paint(Red, "x") == "x" {
		t.Error("color.ui was asked first")
	}
}

func TestPath(t *testing.T) {
	tests := []struct{ name, path, text, json string }{
		{"plain", "a/b c", "a/b c", `"a/b c"`},
		{"accents", "größe/☃", "größe/☃", `"größe/☃"`},
		{"newline", "a\nb", `"a\nb"`, `"a\nb"`},
		{"quote", `a"b\c`, `"a\"b\\c"`, `"a\"b\\c"`},
		{"escape", "a\x1b[2J", `"a\033[2J"`, `"a\u001b[2J"`},
		{"C1 control", "a\u009b", `"a\302\233"`, "\"a\u009b\""},
		{"not UTF-8", "a\xffé", `"a\377é"`, `{"base64":"Yf/DqQ=="}`},
		{"replacement character itself", "a\ufffd", "a\ufffd", "\"a\ufffd\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Path(tt.path).String(); got != tt.text {
				t.Errorf("text: got %s, want %s", got, tt.text)
			}
			got, err := Path(tt.path).MarshalJSON()
			if err != nil || string(got) != tt.json {
				t.Errorf("JSON: got %s, %v, want %s", got, err, tt.json)
			}
		})
	}
}

// clockOf returns a clock that advances by step at each reading.
func clockOf(step time.Duration) func() time.Time {
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	return func() time.Time { now = now.Add(step); return now }
}

func TestProgress(t *testing.T) {
	_, stderr := capture(t, Options{Progress: Always, Now: clockOf(time.Second)}, func(u *UI) {
		p := u.Progress("Adding", Bytes, 4<<20)
		p.Add(1 << 20)
		p.Set(4 << 20)
		p.Done()
	})
	want := "\rAdding:  25% (1.0 MiB/4.0 MiB) | 1.0 MiB/s, 0:03 left" +
		"\rAdding: 100% (4.0 MiB/4.0 MiB) | 2.0 MiB/s           " +
		"\rAdding: 100% (4.0 MiB/4.0 MiB) | 1.3 MiB/s, done.\n"
	if diff := cmp.Diff(want, stderr); diff != "" {
		t.Error(diff)
	}
}

func TestProgressIsThrottled(t *testing.T) {
	_, stderr := capture(t, Options{Progress: Always, Now: clockOf(time.Millisecond)}, func(u *UI) {
		p := u.Progress("Adding", Count, 0)
		for range 1000 {
			p.Add(1)
		}
	})
	if n := bytes.Count([]byte(stderr), []byte("\rAdding")); n < 5 || n > 15 {
		t.Errorf("drawn %d times in a second", n)
	}
}

func TestProgressGivesWayToMessages(t *testing.T) {
	o := Options{Terminal: always, Now: clockOf(time.Second)}
	_, stderr := capture(t, o, func(u *UI) {
		p := u.Progress("P", Count, 0)
		p.Add(1)
		u.Warnf("look")
		p.Add(1)
	})
	want := "\rP: 1 | 1/s" + "\r          \r" + "warning: look\n" + "\rP: 2 | 1/s" + "\r          \r"
	if diff := cmp.Diff(want, stderr); diff != "" {
		t.Error(diff)
	}
}

func TestProgressIsSilent(t *testing.T) {
	tests := map[string]Options{
		"no terminal":   {},
		"--no-progress": {Terminal: always, Progress: Never},
		"--quiet":       {Terminal: always, Quiet: true},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			_, stderr := capture(t, o, func(u *UI) {
				p := u.Progress("Adding", Bytes, 10)
				p.Total(20)
				p.Set(5)
				p.Add(1)
				p.Done()
			})
			if stderr != "" {
				t.Errorf("got %q", stderr)
			}
		})
	}
}
