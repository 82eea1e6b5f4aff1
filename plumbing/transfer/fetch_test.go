// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// always makes a fault of every answer from the nth on.
func always(f fault, from int) func(int, chunkstore.ID) fault {
	return func(n int, _ chunkstore.ID) fault {
		if n >= from || f == noHave && n == -1 || f == noOpen && n == -2 {
			return f
		}
		return none
	}
}

// A source that does anything wrong costs a retry at the other one, and is
// named.
func TestFaultySource(t *testing.T) {
	var corruptErr *chunkstore.CorruptError
	for name, c := range map[string]struct {
		fault   fault
		check   func(error) bool
		noError bool
	}{
		"lies":             {fault: lie, check: func(err error) bool { return errors.As(err, &corruptErr) }},
		"sends more":       {fault: lieLength, check: func(err error) bool { return errors.As(err, &corruptErr) }},
		"truncates":        {fault: truncate, check: func(err error) bool { return errors.As(err, &corruptErr) }},
		"resets":           {fault: reset, check: is(io.ErrUnexpectedEOF)},
		"stalls":           {fault: stall, check: is(ErrStalled)},
		"sends unasked":    {fault: unasked, check: is(ErrUnasked)},
		"sends twice":      {fault: twice, check: is(ErrUnasked)},
		"sends other":      {fault: otherObject, check: is(ErrUnasked)},
		"does not answer":  {fault: noHave, check: is(ErrStalled)},
		"cannot be opened": {fault: noOpen, check: is(errReset)},
		"is corrupt":       {fault: corrupt, check: func(err error) bool { return errors.As(err, &corruptErr) }},
		"misses":           {fault: missing, noError: true},
	} {
		for _, from := range []int{0, 5} {
			t.Run(fmt.Sprint(name, " from ", from), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					data := randomContent(1, 60, 10<<10, 90<<10)
					good := &fake{name: "good", data: data.data, streams: 2, links: []*link{mbit(1)}, delay: time.Millisecond}
					bad := &fake{name: "bad", data: data.data, streams: 2, fault: always(c.fault, from), links: []*link{mbit(5)}}
					s := newSink()
					res, err := Fetch(context.Background(), data.want, asSources(bad, good), s, Options{Stall: 5 * time.Second})
					if err != nil || len(res.Missing) > 0 {
						t.Fatalf("%v, %d missing", err, len(res.Missing))
					}
					whole(t, s, data.want)
					tidy(t, good, bad)
					if res.Sources[1].Err != nil {
						t.Errorf("the good one: %v", res.Sources[1].Err)
					}
					if e := res.Sources[0].Err; c.noError && e != nil || !c.noError && (e == nil || !c.check(e)) {
						t.Errorf("the bad one: %v", e)
					}
					if res.Bytes != data.bytes() || res.Chunks != 60 {
						t.Errorf("%d bytes, %d chunks", res.Bytes, res.Chunks)
					}
				})
			})
		}
	}
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// A source that fails now and then and is the only one is tried once more, and
// what it does not give is missing.
func TestOnlySourceFails(t *testing.T) {
	for name, c := range map[string]struct {
		at      []int // answers that reset
		missing bool
	}{
		"never": {}, "once": {at: []int{7}}, "twice": {at: []int{7, 9}, missing: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				data := randomContent(2, 20, 1<<10, 2<<10)
				f := &fake{name: "only", data: data.data, fault: func(n int, _ chunkstore.ID) fault {
					if slices.Contains(c.at, n) {
						return reset
					}
					return none
				}}
				s := newSink()
				res, err := Fetch(context.Background(), data.want, asSources(f), s, Options{})
				if err != nil || (len(res.Missing) > 0) != c.missing {
					t.Fatalf("%v, %d missing", err, len(res.Missing))
				}
				if (res.Sources[0].Err != nil) != (len(c.at) > 0) {
					t.Errorf("its error: %v", res.Sources[0].Err)
				}
				if recovered := len(c.at) == 1; res.Sources[0].Recovered != recovered {
					t.Errorf("recovered: %v", !recovered)
				}
				if res.Chunks+len(res.Missing) != 20 || len(s.appended) != res.Chunks {
					t.Errorf("%d chunks, %d missing, %d appended", res.Chunks, len(res.Missing), len(s.appended))
				}
				tidy(t, f)
			})
		})
	}
}

// A source that stays silent is not waited for twice.
func TestOnlySourceStalls(t *testing.T) {
	for name, from := range map[string]int{"from the start": 0, "later": 7} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				data := randomContent(2, 20, 1<<10, 2<<10)
				f := &fake{name: "only", data: data.data, fault: always(stall, from)}
				began := time.Now()
				res, err := Fetch(context.Background(), data.want, asSources(f), newSink(), Options{Stall: 40 * time.Second})
				if err != nil || len(res.Missing) != 20-from || res.Sources[0].Recovered {
					t.Errorf("%v, %d missing, %+v", err, len(res.Missing), res.Sources[0])
				}
				if took := time.Since(began); took > 46*time.Second {
					t.Errorf("it took %v", took)
				}
				tidy(t, f)
			})
		})
	}
}

// So many sources are asked at a time, and others only where these fail.
func TestSourcesAtATime(t *testing.T) {
	for name, c := range map[string]struct {
		fault fault
		some  bool    // the first has only some
		asked []int64 // how often each is asked what it has
	}{
		"the first gives all":  {asked: []int64{1, 0, 0}},
		"the first fails":      {fault: reset, asked: []int64{1, 1, 0}},
		"the first has a part": {some: true, asked: []int64{1, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				data := randomContent(3, 20, 1<<10, 2<<10)
				fakes := []*fake{{name: "a", fault: always(c.fault, 5)}, {name: "b"}, {name: "c"}}
				for _, f := range fakes {
					f.data, f.static = data.data, true
				}
				if c.some {
					fakes[0].has = func(id chunkstore.ID) bool { return id[0] < 128 }
				}
				s := newSink()
				res, err := Fetch(context.Background(), data.want, asSources(fakes...), s, Options{Sources: 1})
				if err != nil || len(res.Missing) > 0 {
					t.Fatalf("%v, %d missing", err, len(res.Missing))
				}
				whole(t, s, data.want)
				var asked []int64
				for _, f := range fakes {
					asked = append(asked, f.haves.Load())
				}
				if !slices.Equal(asked, c.asked) {
					t.Errorf("asked %v, not %v", asked, c.asked)
				}
				tidy(t, fakes...)
			})
		})
	}
}

// What is wrong with a source's chunks is not mended by its going on.
func TestLiarDoesNotRecover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(2, 20, 1<<10, 2<<10)
		liar := &fake{name: "liar", data: data.data, fault: func(n int, _ chunkstore.ID) fault {
			if n == 3 {
				return lie
			}
			return none
		}}
		good := &fake{name: "good", data: data.data, has: func(id chunkstore.ID) bool { return id == data.want[3].ID }}
		res, err := Fetch(context.Background(), data.want, asSources(liar, good), newSink(), Options{})
		if err != nil || res.Sources[0].Err == nil || res.Sources[0].Recovered {
			t.Errorf("%v, %+v", err, res.Sources[0])
		}
	})
}

// A slow stream that still brings bytes is not a silent one.
func TestSlowIsNotStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(3, 3, 4<<20, 4<<20)
		f := &fake{name: "slow", data: data.data, links: []*link{{rate: 10e3}}}
		s := newSink()
		res, err := Fetch(context.Background(), data.want, asSources(f), s, Options{})
		if err != nil || len(res.Missing) > 0 || res.Sources[0].Err != nil {
			t.Fatalf("%v, %+v", err, res)
		}
		whole(t, s, data.want)
	})
}

// A slow source is given less, and at the end does not keep the others
// waiting: they are asked again, at a bounded price.
func TestSlowSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(4, 200, 512<<10, 1<<20)
		fast := &fake{name: "fast", data: data.data, streams: 4, links: []*link{mbit(800)}, delay: 10 * time.Millisecond}
		slow := &fake{name: "slow", data: data.data, streams: 4, links: []*link{mbit(1)}, delay: 10 * time.Millisecond}
		s, began := newSink(), time.Now()
		res, err := Fetch(context.Background(), data.want, asSources(slow, fast), s, Options{})
		if err != nil || len(res.Missing) > 0 {
			t.Fatalf("%v, %d missing", err, len(res.Missing))
		}
		whole(t, s, data.want)
		alone := seconds(float64(data.bytes()) / fast.links[0].rate)
		if took := time.Since(began); took > alone+4*time.Second {
			t.Errorf("took %v, the fast one alone takes %v", took, alone)
		}
		if again := fast.asked.Load() + slow.asked.Load() - 200; again > 20 {
			t.Errorf("%d chunks were asked for again", again)
		}
	})
}

// A line of 1 Gbit/s with 20 ms is filled.
func TestLongFatLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(5, 300, 512<<10, 2500<<10)
		f := &fake{name: "far", data: data.data, streams: 4, links: []*link{mbit(1000)}, delay: 20 * time.Millisecond}
		s, began := newSink(), time.Now()
		if _, err := Fetch(context.Background(), data.want, asSources(f), s, Options{}); err != nil {
			t.Fatal(err)
		}
		line := seconds(float64(data.bytes()) / f.links[0].rate)
		if took := time.Since(began); took > line+line/20+100*time.Millisecond {
			t.Errorf("took %v, the line %v", took, line)
		}
		whole(t, s, data.want)
	})
}

// Streams are opened one after the other, each when the one before it brings
// something, and all in the end.
func TestStreamsOpenInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(5, 100, 512<<10, 2500<<10)
		f := &fake{name: "far", data: data.data, streams: 4, links: []*link{mbit(1000)}, delay: 20 * time.Millisecond}
		opened := int64(0)
		f.fault = func(n int, _ chunkstore.ID) fault {
			if n == -2 {
				if got := f.sent.Load(); opened > 0 && got == 0 || f.open.Load() != opened {
					t.Errorf("%d streams are open when %d bytes have come", opened+1, got)
				}
				opened++
			}
			return none
		}
		if _, err := Fetch(context.Background(), data.want, asSources(f), newSink(), Options{}); err != nil || opened != 4 {
			t.Error(opened, err)
		}
	})
}

// With many sources, each has one stream unless there is much to do.
func TestFewStreamsEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(5, 50, 512<<10, 2500<<10)
		var sources []*fake
		for k := range 8 {
			f := &fake{name: fmt.Sprint(k), data: data.data, streams: 4, links: []*link{mbit(100)}, delay: time.Millisecond}
			f.fault = func(n int, _ chunkstore.ID) fault {
				if n == -2 && f.open.Load() > 0 {
					t.Errorf("source %s has a second stream", f.name)
				}
				return none
			}
			sources = append(sources, f)
		}
		if _, err := Fetch(context.Background(), data.want, asSources(sources...), newSink(), Options{}); err != nil {
			t.Error(err)
		}
	})
}

// Chunks of one source arrive in file order.
func TestFileOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(6, 100, 1<<10, 64<<10)
		f := &fake{name: "disk", data: data.data}
		o := &order{memorySink: newSink()}
		if _, err := Fetch(context.Background(), data.want, asSources(f), o, Options{}); err != nil {
			t.Fatal(err)
		}
		for i, w := range data.want {
			if o.ids[i] != w.ID {
				t.Fatalf("chunk %d is %s", i, o.ids[i])
			}
		}
	})
}

// The sink's error ends the run at once, and so does the caller's.
func TestEndsEarly(t *testing.T) {
	full := errors.New("disk is full")
	for name, c := range map[string]struct {
		fail  error
		after time.Duration
		want  error
	}{
		"sink":     {fail: full, want: full},
		"caller":   {after: 3 * time.Second, want: context.DeadlineExceeded},
		"at start": {after: 1, want: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				data := randomContent(7, 100, 512<<10, 1<<20)
				a := &fake{name: "a", data: data.data, streams: 4, links: []*link{mbit(10)}, delay: time.Second}
				b := &fake{name: "b", data: data.data, streams: 4, fault: always(stall, 2)}
				ctx, cancel := context.WithCancel(context.Background())
				if c.after > 0 {
					ctx, cancel = context.WithTimeout(context.Background(), c.after)
				}
				defer cancel()
				s, began := newSink(), time.Now()
				s.fail = c.fail
				_, err := Fetch(ctx, data.want, asSources(a, b), s, Options{})
				if !errors.Is(err, c.want) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); c.after > 0 && took != c.after {
					t.Errorf("took %v", took)
				}
				tidy(t, a, b)
			})
		})
	}
}

// What is received at a time, over all streams, is bounded.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(8, 200, 1<<20, 4<<20)
		f := &fake{name: "f", data: data.data, streams: 32, delay: time.Millisecond}
		s := &slowSink{newSink()}
		o := Options{Memory: 10 << 20, Window: 64 << 20}
		if _, err := Fetch(context.Background(), data.want, asSources(f), s, o); err != nil {
			t.Fatal(err)
		}
		if n := f.mostHeld.Load(); n > o.Memory {
			t.Errorf("%d bytes were held", n)
		}
		whole(t, s.memorySink, data.want)
	})
}

type slowSink struct{ *memorySink }

func (s *slowSink) Append(o packfile.Object) error {
	time.Sleep(50 * time.Millisecond)
	return s.memorySink.Append(o)
}

type order struct {
	*memorySink
	ids []chunkstore.ID
}

func (s *order) Append(o packfile.Object) error {
	s.ids = append(s.ids, o.ID)
	return s.memorySink.Append(o)
}

// A chunk with the right content and another length than wanted is nobody's
// fault but of who wanted it so.
func TestWrongWants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(9, 10, 1000, 2000)
		want := slices.Clone(data.want)
		want[3].Length++
		want[4].Length = 0
		want = append(want, want[5])
		f := &fake{name: "f", data: data.data}
		s := newSink()
		s.committed[want[6].ID] = true
		res, err := Fetch(context.Background(), want, asSources(f), s, Options{})
		if err != nil || len(res.Missing) > 0 || res.Sources[0].Err != nil {
			t.Fatalf("%v, %+v", err, res)
		}
		wrong := []*LengthError{{want[3].ID, want[3].Length, want[3].Length - 1}}
		if diff := cmp.Diff(wrong, res.Mismatched); diff != "" || res.Chunks != 8 || res.Present != 1 {
			t.Errorf("%d chunks, %d present, %s", res.Chunks, res.Present, diff)
		}
		want[0].Length = -1
		if _, err := Fetch(context.Background(), want, asSources(f), s, Options{}); err == nil {
			t.Error("a negative length was taken")
		}
	})
}

// No sources, or none with anything: all is missing, at once.
func TestNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(10, 10, 1000, 2000)
		f := &fake{name: "f", data: map[chunkstore.ID][]byte{}}
		for _, sources := range [][]Source{nil, asSources(f)} {
			began := time.Now()
			res, err := Fetch(context.Background(), data.want, sources, newSink(), Options{})
			if err != nil || len(res.Missing) != 10 || time.Since(began) > 0 {
				t.Errorf("%v, %d missing, %v", err, len(res.Missing), time.Since(began))
			}
		}
		if f.haves.Load() != 1 {
			t.Errorf("was asked %d times", f.haves.Load())
		}
	})
}

// A checkpoint comes after so many bytes, and at the end.
func TestCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(11, 64, 1<<20, 1<<20)
		f := &fake{name: "f", data: data.data, links: []*link{mbit(1000)}}
		s := newSink()
		o := Options{Checkpoint: s.checkpoint, CommitEvery: 16 << 20}
		if _, err := Fetch(context.Background(), data.want, asSources(f), s, o); err != nil {
			t.Fatal(err)
		}
		if s.commits < 4 || s.commits > 5 || len(s.committed) != 64 {
			t.Errorf("%d checkpoints, %d chunks", s.commits, len(s.committed))
		}
	})
}

// A peer that gets chunks itself meanwhile gives them to us.
func TestGrowingPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := randomContent(12, 30, 1<<10, 2<<10)
		began := time.Now()
		at := map[chunkstore.ID]time.Duration{}
		for i, w := range data.want {
			at[w.ID] = time.Duration(i) * 200 * time.Millisecond
		}
		f := &fake{name: "f", data: data.data, has: func(id chunkstore.ID) bool {
			return time.Since(began) >= at[id]
		}}
		s := newSink()
		res, err := Fetch(context.Background(), data.want, asSources(f), s, Options{})
		if err != nil || len(res.Missing) > 0 {
			t.Errorf("%v, %d missing", err, len(res.Missing))
		}
		whole(t, s, data.want)
	})
}

// Whatever the sources have and do: what one honest source has arrives, once,
// and nothing else does.
func TestAnySources(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) { anySources(t, seed) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func anySources(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 2))
	data := randomContent(seed, rnd.IntN(60), 1, 1<<uint(4+rnd.IntN(16)))
	honest := map[chunkstore.ID]bool{}
	var fakes []*fake
	for k := range 1 + rnd.IntN(5) {
		f := &fake{
			name: fmt.Sprint("source", k), streams: 1 + rnd.IntN(4), data: data.data,
			delay: time.Duration(rnd.IntN(100)) * time.Millisecond, static: rnd.IntN(2) == 0,
			links: []*link{{rate: float64(rnd.IntN(3)) * 1e5 * float64(1+rnd.IntN(100))}},
		}
		part, has := rnd.Float64(), map[chunkstore.ID]bool{}
		good := rnd.IntN(2) == 0
		for id := range data.data {
			has[id] = rnd.Float64() < part
			honest[id] = honest[id] || good && has[id]
		}
		f.has = func(id chunkstore.ID) bool { return has[id] }
		if !good {
			from, one := rnd.IntN(10), rnd.IntN(2) == 0
			what := fault(1 + rnd.IntN(int(noOpen)))
			f.fault = func(n int, id chunkstore.ID) fault {
				if one && n > from {
					return none
				}
				return always(what, from)(n, id)
			}
		}
		fakes = append(fakes, f)
	}
	s := newSink()
	o := Options{Seed: seed + 1, Checkpoint: s.checkpoint, Window: 1 << uint(10+rnd.IntN(14)), Memory: 1 << uint(8+rnd.IntN(18))}
	res, err := Fetch(context.Background(), data.want, asSources(fakes...), s, o)
	if err != nil {
		t.Error(err)
	}
	for _, w := range data.want {
		if honest[w.ID] && s.appended[w.ID] != 1 {
			t.Errorf("%s was appended %d times", w.ID, s.appended[w.ID])
		}
	}
	for id, n := range s.appended {
		if n != 1 || data.data[id] == nil || !s.committed[id] {
			t.Errorf("%s: %d times", id, n)
		}
	}
	if res.Chunks != len(s.appended) || res.Chunks+len(res.Missing) != len(data.data) {
		t.Errorf("%d chunks, %d appended, %d missing of %d", res.Chunks, len(s.appended), len(res.Missing), len(data.data))
	}
	tidy(t, fakes...)
}
