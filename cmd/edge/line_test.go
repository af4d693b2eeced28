package main

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// echo answers every connection with what it says.
func echo(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return ln.Addr().String()
}

func TestLineCutAndRestore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l, err := listenLine(ctx, echo(t))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- l.run(ctx) }()

	talk := func(c net.Conn) error {
		if _, err := c.Write([]byte("hello")); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, 5))
		return err
	}
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.addr(0))
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}

	before := dial()
	require.NoError(t, talk(before), "the line carries what is said")
	l.setCut(true)
	require.Error(t, talk(before), "a cut line drops what was connected")
	require.Error(t, talk(dial()), "a cut line takes nobody new")
	l.setCut(false)
	after := dial()
	require.NoError(t, talk(after), "a restored line carries again")

	cancel()
	require.NoError(t, <-done, "the relay ends with its context although a caller hangs on")
	require.Error(t, talk(after))
}
