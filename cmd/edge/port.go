package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// An address that cannot be served is tried again after a pause, which doubles
// each time up to portPauseMax.
const (
	portPause    = time.Second
	portPauseMax = 30 * time.Second
)

// port is an address at which a station is served, beside the till's own. The
// till does not wait for it: why it cannot be served is logged once and told in
// the status, and it is tried again until it can.
type port struct {
	kiosk string
	part  string // as the status names it
	addr  string // as configured
	// tls is what it is served with; nil to serve it in the clear.
	tls    func() (*tls.Config, error)
	places process.Places
	log    *slog.Logger

	mu    sync.Mutex
	ln    net.Listener // nil while it is not served
	fault string       // why not, and how to mend it
}

// mendable is an error with what to do about it, which may be shown to whoever
// looks at the status; err is for the log alone.
type mendable struct {
	mend string
	err  error
}

func (e *mendable) Error() string { return e.mend + " (" + e.err.Error() + ")" }
func (e *mendable) Unwrap() error { return e.err }

// open listens, unless it does already. It reports whether it does now.
func (p *port) open(ctx context.Context) bool {
	if p.listener() != nil {
		return true
	}
	ln, err := p.listen(ctx)
	if ctx.Err() != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.failed(err)
		return false
	}
	if p.fault != "" {
		p.log.Info("served again", "part", p.part, "addr", p.addr)
	}
	p.ln, p.fault = ln, ""
	return true
}

func (p *port) listen(ctx context.Context) (net.Listener, error) {
	if p.tls == nil {
		return p.listenAt(ctx)
	}
	cfg, err := p.tls()
	if err != nil {
		return nil, err
	}
	ln, err := p.listenAt(ctx)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(ln, cfg), nil
}

func (p *port) listenAt(ctx context.Context) (net.Listener, error) {
	ln, err := process.Listen(ctx, p.addr)
	if err != nil {
		return nil, &mendable{"nothing can be served at " + p.addr + ": stop the other program that holds it, or choose another address", errors.Unwrap(err)}
	}
	return p.places.Bound(ln), nil
}

// failed notes why the port is not served, for whoever holds p.mu.
func (p *port) failed(err error) {
	mend := "nothing is served at " + p.addr
	if m, ok := errors.AsType[*mendable](err); ok {
		mend = m.mend
	}
	if mend != p.fault {
		p.log.Error("an address is not served, the till sells on; it is tried again", "part", p.part, "addr", p.addr, "err", err)
	}
	p.ln, p.fault = nil, mend
}

// run serves h until ctx is done.
func (p *port) run(ctx context.Context, h http.Handler) error {
	for pause := portPause; ; pause = min(2*pause, portPauseMax) {
		if p.open(ctx) {
			if err := p.serve(ctx, h); ctx.Err() != nil {
				return err
			}
			pause = portPause
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// serve serves h until ctx is done or the listener fails.
func (p *port) serve(ctx context.Context, h http.Handler) error {
	own, stop := context.WithCancel(ctx)
	defer stop()
	err := process.Serve(own, p.listener(), h)
	if ctx.Err() == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.failed(err)
	}
	return err
}

func (p *port) listener() net.Listener {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ln
}

// at is where the port is served, or is to be.
func (p *port) at() string {
	if ln := p.listener(); ln != nil {
		return ln.Addr().String()
	}
	return p.addr
}

// faults is what the status says of the port; nothing while it is served.
func (p *port) faults() []api.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == "" {
		return nil
	}
	return []api.Fault{{Part: p.part, Kiosk: p.kiosk, Message: p.fault}}
}

func (p *port) close() error {
	ln := p.listener()
	if ln == nil {
		return nil
	}
	if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
