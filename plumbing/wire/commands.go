// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// Have reports for each of ids whether the server holds it. Any number of ids
// takes one round trip.
func (c *Client) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	held := make([]bool, 0, len(ids))
	err := c.exchange(ctx, func() error {
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			c.ask("have", ids)
		}()
		err := c.answers(ids, func(_ string, part []bool) { held = append(held, part...) })
		if err != nil {
			err = c.settle(err) // ends the sending, if it is fatal
		}
		<-sent
		return err
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// ask sends a command for each batch of ids. Who waits for the answer may leave
// its error alone: when something could not be sent, the server may have said
// why, and if not, there is no answer.
func (c *Client) ask(command string, ids []chunkstore.ID, args ...string) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	if len(ids) == 0 {
		c.command(command, args)
		c.w.WriteFlush()
	}
	for batch := range slices.Chunk(ids, c.maxIDs) {
		c.command(command, args)
		c.w.WriteDelim()
		writeIDs(c.w, batch)
		c.w.WriteFlush()
	}
	return c.w.Flush()
}

// command writes the lines of a command. Errors stay in c.w.
func (c *Client) command(command string, args []string) {
	c.w.WriteText("command=" + command)
	for _, arg := range args {
		c.w.WriteText(arg)
	}
}

// answers reads a response with a bitmap for each batch of ids. When some are
// refused it reads all the same the others, and returns the first refusal.
func (c *Client) answers(ids []chunkstore.ID, fn func(status string, part []bool)) error {
	var refused error
	for batch := range slices.Chunk(ids, c.maxIDs) {
		status, err := c.status()
		if told, ok := errors.AsType[*RemoteError](err); ok && !told.Fatal {
			refused = cmp.Or(refused, err)
			continue
		}
		if err != nil {
			return err
		}
		part, err := c.bitmap(len(batch))
		if err != nil {
			return err
		}
		fn(status, part)
	}
	return refused
}

// Lock asks the server to promise that it will hold the chunks for d, counted
// from when it grants that, and rounded up to seconds. It tells for each of ids
// whether the promise was made; the token, "" when none was, undoes it. There
// may be MaxIDs ids; Source.Lock takes more.
//
// ErrNoLocks says that the server is read-only; a *RemoteError that is Busy,
// that the same may be granted later.
func (c *Client) Lock(ctx context.Context, ids []chunkstore.ID, d time.Duration) (granted []bool, token string, err error) {
	switch {
	case !c.locks:
		return nil, "", fmt.Errorf("%s: %w", c.name, ErrNoLocks)
	case len(ids) == 0:
		return nil, "", nil
	case len(ids) > c.maxIDs:
		return nil, "", fmt.Errorf("%s: %d ids at once are more than %d", c.name, len(ids), c.maxIDs)
	case d <= 0 || d > c.maxLock:
		return nil, "", fmt.Errorf("%s: a lock for %v is not between 0 and %v", c.name, d, c.maxLock)
	}
	seconds := (d + time.Second - 1) / time.Second
	err = c.exchange(ctx, func() error {
		// A command of this size fits in what lies between the two sides, or
		// the server reads it: it answers nothing before its end.
		c.ask("lock", ids, fmt.Sprintf("duration=%d", seconds))
		return c.answers(ids, func(status string, part []bool) {
			granted = part
			token = strings.TrimPrefix(status, "token=")
		})
	})
	if err != nil {
		return nil, "", err
	}
	if token != "" && !validToken(token) || token == "" && slices.Contains(granted, true) {
		return nil, "", c.settle(complain("a lock has the token %q", printable(token)))
	}
	return granted, token, nil
}

// Unlock undoes the promise that the token is for. That there is none any more
// is no error.
func (c *Client) Unlock(ctx context.Context, token string) error {
	if !validToken(token) {
		return fmt.Errorf("%s: %q is not a token of a lock", c.name, token)
	}
	return c.exchange(ctx, func() error {
		c.ask("unlock", nil, "token="+token)
		if _, err := c.status(); err != nil {
			return err
		}
		return c.flushPacket()
	})
}
