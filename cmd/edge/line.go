package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"golang.org/x/sync/errgroup"
)

// shopLine is the demo shop's line to headquarters: a TCP relay to one or more
// addresses there that can be cut and restored. Cutting it closes every connection
// and refuses new ones.
type shopLine struct {
	ends []lineEnd

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]struct{}
}

// lineEnd is the shop's end of the way to one address.
type lineEnd struct {
	net.Listener
	target string
}

// listenLine opens the shop's ends of the line, one for each target, on free
// loopback ports.
func listenLine(ctx context.Context, targets ...string) (*shopLine, error) {
	l := &shopLine{conns: map[net.Conn]struct{}{}}
	for _, target := range targets {
		var lc net.ListenConfig
		ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			l.closeEnds()
			return nil, fmt.Errorf("line: %w", err)
		}
		l.ends = append(l.ends, lineEnd{ln, target})
	}
	return l, nil
}

// addr is where the shop reaches the i-th target.
func (l *shopLine) addr(i int) string { return l.ends[i].Addr().String() }

func (l *shopLine) closeEnds() {
	for _, end := range l.ends {
		end.Close()
	}
}

// run relays until ctx is done.
func (l *shopLine) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, l.closeEnds)
	defer stop()
	for _, end := range l.ends {
		group.Go(func() error { return l.serve(ctx, end) })
	}
	return group.Wait()
}

func (l *shopLine) serve(ctx context.Context, end lineEnd) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer l.setCut(true)
	for {
		c, err := end.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("line: %w", err)
		}
		wg.Go(func() { l.relay(ctx, c, end.target) })
	}
}

func (l *shopLine) relay(ctx context.Context, near net.Conn, target string) {
	defer near.Close()
	if !l.keep(near) {
		return
	}
	defer l.drop(near)
	var d net.Dialer
	far, err := d.DialContext(ctx, "tcp", target)
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
