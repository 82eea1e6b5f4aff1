// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"context"
	"net"
	"net/http"
	"time"
)

// idle is how long nothing may arrive, and nothing be taken, on a connection.
const idle = time.Minute

// transport returns an HTTP transport whose connections end when they stall.
// It does not undo compression: bodies are what they are.
func transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return idleConn{conn}, nil
		},
		MaxIdleConnsPerHost:   parallel,
		IdleConnTimeout:       idle,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: 10 * time.Second,
		ResponseHeaderTimeout: idle,
		DisableCompression:    true,
	}
}

// idleConn gives each read and write a time of its own.
type idleConn struct{ net.Conn }

func (c idleConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c idleConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(idle)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
