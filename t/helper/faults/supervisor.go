// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// supervisor answers the notifications of a command.
type supervisor struct {
	options
	listener int
	group    int // process group of the command

	seen int    // calls so far
	hit  string // the line for the report
}

// serve answers until no process with the filter is left.
func (s *supervisor) serve() error {
	for {
		fds := []unix.PollFd{{Fd: int32(s.listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return fmt.Errorf("poll the listener: %w", err)
		}
		switch {
		case fds[0].Revents&unix.POLLIN != 0:
			if err := s.answer(); err != nil {
				return err
			}
		case fds[0].Revents&unix.POLLHUP != 0:
			return nil
		}
	}
}

func (s *supervisor) answer() error {
	var n notification // the kernel insists on zeroes
	if err := ioctl(s.listener, notifReceive, unsafe.Pointer(&n)); err != nil {
		if errors.Is(err, unix.ENOENT) {
			return nil // it was killed meanwhile
		}
		return fmt.Errorf("receive a notification: %w", err)
	}
	r := response{id: n.id, flags: notifContinue}
	if errno := s.judge(&n); errno != 0 {
		r = response{id: n.id, errno: -int32(errno)}
	}
	if err := ioctl(s.listener, notifSend, unsafe.Pointer(&r)); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("answer a notification: %w", err)
	}
	return nil
}

// judge counts a call and returns the errno it must fail with, or 0.
func (s *supervisor) judge(n *notification) unix.Errno {
	c := calls()[int(n.nr)]
	path, ok := c.target(n)
	if !ok || !c.canFail(s.errno) || !c.below(n, path, s.below) {
		return 0
	}
	s.seen++
	if s.at == 0 || s.seen < s.at || s.seen > s.at && !s.sticky {
		return 0
	}
	if s.seen == s.at {
		s.hit = fmt.Sprintf("%d %s %s\n", s.seen, c.name, path)
	}
	if s.term {
		_ = unix.Kill(s.group, unix.SIGTERM)
		return 0
	}
	if s.errno == 0 {
		// The call is answered, but its thread is dead before it can go on.
		_ = unix.Kill(-s.group, unix.SIGKILL)
		return unix.EIO
	}
	return s.errno
}

func (s *supervisor) writeReport() error {
	if s.report == "" {
		return nil
	}
	return os.WriteFile(s.report, []byte(s.hit), 0o666)
}

// descriptorPath names the file behind a descriptor of the thread, and says
// whether it is the command's data: a file, other than those to which a test
// has redirected answers and messages.
func descriptorPath(tid uint32, fd uint64) (string, bool) {
	link := fmt.Sprintf("/proc/%d/fd/%d", tid, int32(fd))
	path, err := os.Readlink(link)
	if err != nil || !strings.HasPrefix(path, "/") || isDevice(path) {
		return path, false
	}
	return path, !isFile(link, os.Stdout) && !isFile(link, os.Stderr)
}

func isDevice(path string) bool {
	return strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/") || strings.HasPrefix(path, "/proc/")
}

func isFile(path string, f *os.File) bool {
	a, errA := os.Stat(path)
	b, errB := f.Stat()
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// stringAt reads a path from the memory of the thread; for the report only.
func stringAt(tid uint32, addr uint64) string {
	buf := make([]byte, unix.PathMax)
	n, err := readAt(tid, addr, buf) // a short read may hold the path
	if n == 0 && err != nil {
		return "?"
	}
	path, _, _ := bytes.Cut(buf[:n], []byte{0})
	return string(path)
}

// openHow reads the flags, the first field, of a struct open_how.
func openHow(tid uint32, addr uint64) (flags uint64) {
	var buf [8]byte
	if _, err := readAt(tid, addr, buf[:]); err != nil {
		return 0 // the call will fail, too
	}
	return binary.NativeEndian.Uint64(buf[:])
}

func readAt(tid uint32, addr uint64, buf []byte) (int, error) {
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", tid))
	if err != nil {
		return 0, err
	}
	defer mem.Close()
	return mem.ReadAt(buf, int64(addr))
}
