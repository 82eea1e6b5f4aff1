// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/pktline"
)

// maxLines bounds the lists that git sends: it sends at most six lines.
const maxLines = 64

// Serve answers git, which is at the other end of r and w, until it closes
// its end; then it returns nil. Errors: ErrProtocol, ctx's error when it ended
// between two blobs or made a handler fail, and errors of r and w.
func Serve(ctx context.Context, r io.Reader, w io.Writer, h Handler, opt Options) error {
	s := &server{
		r: pktline.NewReader(r), w: pktline.NewWriter(w),
		h: h, opt: opt,
	}
	if err := s.handshake(); err != nil {
		return fmt.Errorf("filter: greet git: %w", err)
	}
	for {
		err := ctx.Err()
		if err == nil {
			err = s.serveOne(ctx)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("filter: %w", err)
		}
	}
}

type server struct {
	r       *pktline.Reader
	w       *pktline.Writer
	h       Handler
	opt     Options
	delay   bool // agreed with git
	delayed delayed
}

// handshake agrees on the version and on what either side can do.
func (s *server) handshake() error {
	hello, err := s.list()
	if err != nil {
		return broken(err)
	}
	if len(hello) == 0 || hello[0] != "git-filter-client" || !slices.Contains(hello[1:], "version=2") {
		return ErrProtocol
	}
	s.send("git-filter-server", "version=2")
	if err := s.w.Flush(); err != nil {
		return err
	}
	offered, err := s.list()
	if err != nil {
		return broken(err)
	}
	var agreed []string
	for _, c := range []string{"capability=clean", "capability=smudge", "capability=delay"} {
		if slices.Contains(offered, c) && (s.opt.Delay || c != "capability=delay") {
			agreed = append(agreed, c)
		}
	}
	s.delay = slices.Contains(agreed, "capability=delay")
	s.send(agreed...)
	return s.w.Flush()
}

// list reads lines up to a flush packet. io.EOF says that there are none.
func (s *server) list() ([]string, error) {
	var lines []string
	for range maxLines {
		line, kind, err := s.r.Next()
		switch {
		case err != nil && len(lines) > 0:
			return nil, broken(err)
		case err != nil:
			return nil, err
		case kind == pktline.Flush:
			return lines, nil
		case kind != pktline.Data:
			return nil, ErrProtocol
		}
		lines = append(lines, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return nil, ErrProtocol
}

// broken makes the end of the stream, where there must not be one, an error.
func broken(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// send writes lines and a flush packet. Its errors stay in s.w.
func (s *server) send(lines ...string) {
	for _, line := range lines {
		s.w.WriteText(line)
	}
	s.w.WriteFlush()
}

// A request is what git asks for.
type request struct {
	command  string
	path     string
	canDelay bool
}

// request reads the next one; keys that are not known here are left out.
func (s *server) request() (req request, err error) {
	lines, err := s.list()
	if err != nil {
		return req, err
	}
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "command":
			req.command = value
		case "pathname":
			req.path = value
		case "can-delay":
			req.canDelay = value == "1"
		}
	}
	return req, nil
}

// serveOne answers one request. io.EOF says that git is done.
func (s *server) serveOne(ctx context.Context) error {
	req, err := s.request()
	if err != nil {
		return err
	}
	switch {
	case req.command == "list_available_blobs" && s.delay:
		return s.listAvailable(ctx)
	case req.command == "clean":
		content := s.r.Content()
		return s.answer(ctx, req.path, s.h.Clean, content, content)
	case req.command == "smudge":
		return s.smudge(ctx, req)
	}
	return fmt.Errorf("%w: unknown command %q", ErrProtocol, req.command)
}

// smudge puts the blob aside, brings back what was put aside, or does neither.
func (s *server) smudge(ctx context.Context, req request) error {
	content := s.r.Content()
	var in io.Reader = content
	if s.delay && req.canDelay {
		ok, rest, err := s.delayed.put(req.path, content)
		if err != nil {
			return broken(err)
		}
		if ok {
			s.send("status=delayed")
			return s.w.Flush()
		}
		in = rest
	} else if blob, ok := s.delayed.take(req.path); ok {
		again, rest, err := atEnd(content)
		if err != nil {
			return broken(err)
		}
		// Git asks for a delayed blob with no content. With content, it is a
		// later version of the path.
		in = rest
		if again {
			in = bytes.NewReader(blob)
		}
	}
	return s.answer(ctx, req.path, s.h.Smudge, content, in)
}

// atEnd reports whether r has no more bytes; rest is r as it was.
func atEnd(r io.Reader) (end bool, rest io.Reader, err error) {
	var b [1]byte
	_, err = io.ReadFull(r, b[:])
	if err == io.EOF {
		return true, r, nil
	}
	return false, io.MultiReader(bytes.NewReader(b[:]), r), err
}

// answer runs the handler on in and sends the result, once all of content,
// which is what git sent, was read.
func (s *server) answer(ctx context.Context, path string,
	run func(context.Context, string, io.Reader, io.Writer) error,
	content *pktline.Content, in io.Reader) error {
	out := &response{s: s, content: content, spool: spool{dir: s.opt.SpoolDir}}
	defer out.spool.close()
	failed := run(ctx, path, in, out)
	if err := content.Drain(); err != nil {
		return broken(err)
	}
	failed = out.finish(failed)
	if err := s.w.Flush(); err != nil {
		return err
	}
	if failed != nil && s.opt.OnError != nil {
		s.opt.OnError(path, failed)
	}
	if err := ctx.Err(); err != nil && errors.Is(failed, err) {
		return err
	}
	return nil
}

// listAvailable tells git the delayed blobs it may ask for: all of them. Git
// asks again until there are none.
func (s *server) listAvailable(ctx context.Context) error {
	blobs := s.delayed.list()
	if p, ok := s.h.(Prefetcher); ok && len(blobs) > 0 {
		p.Prefetch(ctx, blobs)
	}
	lines := make([]string, len(blobs))
	for i, b := range blobs {
		lines[i] = "pathname=" + b.Path
	}
	s.send(lines...)
	s.send("status=success")
	return s.w.Flush()
}
