// SPDX-License-Identifier: Apache-2.0

package git

import (
	"context"
	"io"
)

// Copy runs git and writes its standard output to w as it comes. When w fails,
// git is ended and w's error returned as it is.
func (r Runner) Copy(ctx context.Context, w io.Writer, args ...string) error {
	c := r.command(ctx, args)
	out := &failing{Writer: w}
	c.Stdout = out
	if err := c.Run(); out.err != nil {
		return out.err
	} else if err != nil {
		return c.failure(err)
	}
	return nil
}

// failing remembers the error of its Writer.
type failing struct {
	io.Writer
	err error
}

func (f *failing) Write(p []byte) (n int, err error) {
	n, f.err = f.Writer.Write(p)
	return n, f.err
}
