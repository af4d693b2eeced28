package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// shopLine is the demo shop's line to headquarters: a TCP relay that can be
// cut and restored. Cutting it closes every connection and refuses new ones.
type shopLine struct {
	target string
	ln     net.Listener

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]struct{}
}

// listenLine opens the shop's end of the line on a free loopback port.
func listenLine(ctx context.Context, target string) (*shopLine, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("line: %w", err)
	}
	return &shopLine{target: target, ln: ln, conns: map[net.Conn]struct{}{}}, nil
}

func (l *shopLine) addr() string { return l.ln.Addr().String() }

// run relays until ctx is done.
func (l *shopLine) run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer l.setCut(true)
	stop := context.AfterFunc(ctx, func() { l.ln.Close() })
	defer stop()
	for {
		c, err := l.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("line: %w", err)
		}
		wg.Go(func() { l.relay(ctx, c) })
	}
}

func (l *shopLine) relay(ctx context.Context, near net.Conn) {
	defer near.Close()
	if !l.keep(near) {
		return
	}
	defer l.drop(near)
	var d net.Dialer
	far, err := d.DialContext(ctx, "tcp", l.target)
	if err != nil {
		return
	}
	defer far.Close()
	if !l.keep(far) {
		return
	}
	defer l.drop(far)
	var wg sync.WaitGroup
	copyTo := func(dst, src net.Conn) {
		_, _ = io.Copy(dst, src) // a relay has nobody to tell: both ends see the close
		dst.Close()
		src.Close()
	}
	wg.Go(func() { copyTo(far, near) })
	copyTo(near, far)
	wg.Wait()
}

// keep registers a connection, unless the line is cut.
func (l *shopLine) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	l.conns[c] = struct{}{}
	return true
}

func (l *shopLine) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// setCut cuts the line or restores it.
func (l *shopLine) setCut(cut bool) {
	l.mu.Lock()
	l.cut = cut
	l.mu.Unlock()
	if cut {
		l.closeAll()
	}
}

func (l *shopLine) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

func (l *shopLine) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.Close()
	}
}
