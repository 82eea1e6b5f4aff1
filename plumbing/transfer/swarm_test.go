// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A hub behind 100 Mbit/s, eight hosts with as much among themselves, 64 MiB:
// the hub sends at most two copies.
func TestSwarmSpares(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { swarm(t, seed+1) })
		})
	}
}

func swarm(t *testing.T, seed uint64) {
	const hosts = 8
	c := randomContent(seed, 43, 512<<10, 2500<<10)
	hub, began := mbit(100), time.Now()
	var up, down [hosts]*link
	var sinks [hosts]*memorySink
	for i := range hosts {
		up[i], down[i], sinks[i] = mbit(100), mbit(100), newSink()
	}
	var hubs []*fake
	var wg sync.WaitGroup
	for i := range hosts {
		const delay = time.Millisecond
		h := &fake{name: "hub", data: c.data, streams: 4, delay: delay, links: []*link{hub, down[i]}}
		hubs = append(hubs, h)
		sources := []Source{h}
		for j := range hosts {
			if j != i {
				sources = append(sources, &fake{
					name: fmt.Sprint("host", j), data: c.data, streams: 4, delay: delay,
					has: sinks[j].holds, links: []*link{up[j], down[i]},
				})
			}
		}
		wg.Go(func() {
			o := Options{Checkpoint: sinks[i].checkpoint, Seed: seed*100 + uint64(i)}
			res, err := Fetch(context.Background(), c.want, sources, sinks[i], o)
			if err != nil || len(res.Missing) > 0 {
				t.Errorf("host %d: %v, %d missing", i, err, len(res.Missing))
			}
			whole(t, sinks[i], c.want)
		})
	}
	wg.Wait()
	var sent int64
	for _, h := range hubs {
		sent += h.sent.Load()
	}
	one := seconds(float64(c.bytes()) / hub.rate)
	copies, took := float64(sent)/float64(c.bytes()), time.Since(began)
	t.Logf("%.2f copies, %.2f times one, %v", copies, took.Seconds()/one.Seconds(), took)
	if copies > 2 || took > one*9/4 {
		t.Errorf("the hub sent %.2f copies; took %v, one alone takes %v", copies, took, one)
	}
	tidy(t, hubs...)
}
