// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"
)

// redraw is the least time between two drawings of a progress line.
const redraw = 100 * time.Millisecond

// Unit says what a Progress counts.
type Unit int

// The units of Progress.
const (
	Count Unit = iota
	Bytes
)

// Progress is one line on standard error that says how far something is, how
// fast it goes and how long it will take. A nil *Progress is silent. Its
// methods may be called from several goroutines, as often as one likes.
type Progress struct {
	u     *UI
	title string
	unit  Unit

	// Guarded by u.mu.
	done, total int64
	start, next time.Time
	width       int // of the line now on the terminal, in columns
}

// ShowsProgress says whether progress is to be shown.
func (u *UI) ShowsProgress() bool {
	return u.o.Progress == Always || u.o.Progress == Auto && u.errTTY && !u.o.Quiet
}

// Progress begins a progress line, drawn when the first of its numbers
// arrives. A total of 0 is an unknown total. It returns nil when progress is
// not to be shown.
func (u *UI) Progress(title string, unit Unit, total int64) *Progress {
	if !u.ShowsProgress() {
		return nil
	}
	return &Progress{u: u, title: title, unit: unit, total: total, start: u.o.Now()}
}

// Set says how much is done.
func (p *Progress) Set(done int64) { p.update(func() { p.done = done }) }

// Add says that n more is done.
func (p *Progress) Add(n int64) { p.update(func() { p.done += n }) }

// Total says how much there is to do.
func (p *Progress) Total(total int64) { p.update(func() { p.total = total }) }

func (p *Progress) update(change func()) {
	if p == nil {
		return
	}
	p.u.mu.Lock()
	defer p.u.mu.Unlock()
	change()
	if now := p.u.o.Now(); !now.Before(p.next) {
		p.next = now.Add(redraw)
		p.draw(p.line(now), "")
	}
}

// Done draws the last state and ends the line. If nothing was counted, it
// draws nothing.
func (p *Progress) Done() { p.end(", done.") }

// End is Done for what may have failed with err: then the line does not say
// that it is done.
func (p *Progress) End(err error) {
	if err != nil {
		p.end("")
		return
	}
	p.Done()
}

func (p *Progress) end(word string) {
	if p == nil {
		return
	}
	p.u.mu.Lock()
	defer p.u.mu.Unlock()
	if p.done == 0 {
		p.u.wipe()
		return
	}
	p.draw(p.line(p.u.o.Now())+word, "\n")
	p.u.shown = nil
}

// draw puts line on the terminal in place of what is there. u.mu is held.
func (p *Progress) draw(line, end string) {
	u := p.u
	if u.shown != p {
		u.wipe()
	}
	if w := u.columns(); w > 1 && len(line) > w-1 {
		line = line[:w-1]
	}
	pad := strings.Repeat(" ", max(0, p.width-len(line)))
	fmt.Fprintf(u.o.Stderr, "\r%s%s%s", line, pad, end)
	p.width, u.shown = len(line), p
}

// wipe removes the progress line from the terminal. u.mu is held.
func (u *UI) wipe() {
	if p := u.shown; p != nil {
		fmt.Fprintf(u.o.Stderr, "\r%s\r", strings.Repeat(" ", p.width))
		p.width, u.shown = 0, nil
	}
}

func (u *UI) columns() int {
	f, ok := u.o.Stderr.(interface{ Fd() uintptr })
	if !ok || !u.errTTY {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}

// line is the text of the line, in ASCII.
func (p *Progress) line(now time.Time) string {
	s := fmt.Sprintf("%s: %s", p.title, p.amount(p.done))
	if p.total > 0 {
		s = fmt.Sprintf("%s: %3d%% (%s/%s)", p.title,
			percent(p.done, p.total), p.amount(p.done), p.amount(p.total))
	}
	elapsed := now.Sub(p.start).Seconds()
	if elapsed <= 0 || p.done == 0 {
		return s
	}
	rate := float64(p.done) / elapsed
	s += fmt.Sprintf(" | %s/s", p.amount(int64(rate)))
	if p.total > p.done {
		left := time.Duration(float64(p.total-p.done) / rate * float64(time.Second))
		s += ", " + clock(left) + " left"
	}
	return s
}

func (p *Progress) amount(n int64) string {
	if p.unit == Bytes {
		return humanize.IBytes(uint64(max(0, n)))
	}
	return fmt.Sprint(n)
}

func percent(done, total int64) int {
	return int(float64(min(done, total)) / float64(total) * 100)
}

// clock prints a duration as 1:02 or 1:02:03.
func clock(d time.Duration) string {
	s := int64(min(d, 100*time.Hour).Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
