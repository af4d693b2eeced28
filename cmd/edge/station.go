package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/kiosk"
	"github.com/mirrorcart/mirrorcart/kiosk/ui"
)

// station is one kiosk of the gateway: its mirror, its session and its pages,
// served at an address of its own together with everything that the kiosks
// share.
type station struct {
	mirror *mirror
	kiosk  *kiosk.Kiosk
	engine *gin.Engine
	ln     net.Listener
	tls    net.Listener // for the shop's network; nil for none
}

// kiosksOf are the gateway's kiosks, the one of the short form first.
func kiosksOf(cfg *firmwarecfg.Edge) []firmwarecfg.Kiosk {
	first := firmwarecfg.Kiosk{
		ID: "main", Addr: cfg.HTTP.Addr, TLSAddr: cfg.HTTP.TLSAddr, Screens: cfg.HTTP.Kiosks, Camera: cfg.Camera, Mirror: cfg.Mirror,
	}
	return append([]firmwarecfg.Kiosk{first}, cfg.Kiosks...)
}

// openStation makes a kiosk and listens at its address.
func (g *gateway) openStation(ctx context.Context, k firmwarecfg.Kiosk) (_ *station, err error) {
	s := &station{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("kiosk %s: %w", k.ID, err), s.close())
		}
	}()
	log := g.log.With("kiosk", k.ID)
	if s.mirror, err = g.studio.open(k.Camera, k.Mirror, log); err != nil {
		return nil, err
	}
	var screens []netip.Prefix
	for _, text := range k.Screens {
		p, err := firmwarecfg.ParseKiosk(text)
		if err != nil {
			return nil, fmt.Errorf("screens: %w", err)
		}
		screens = append(screens, p)
	}
	s.kiosk, err = kiosk.New(kiosk.Config{
		Mirror: s.mirror.pipeline, Catalogue: g.db, Carts: g.db,
		WebSocket: s.mirror.hub.WebSocket(), MJPEG: s.mirror.hub.MJPEG(),
		Photos: g.photos, Pages: ui.Dist(), Trusted: screens, Idle: k.Mirror.IdleTimeout,
		NewID: uuid.NewString, Fail: g.api.Fail, Log: log,
	})
	if err != nil {
		return nil, err
	}
	s.engine = g.api.Engine()
	s.kiosk.Register(s.engine)
	if s.mirror.tablet != nil {
		tablets, err := openTablets(g.cfg)
		if err != nil {
			return nil, err
		}
		s.kiosk.RegisterTablet(s.engine, s.mirror.tablet, enrolment{tablets})
	}
	if s.ln, err = process.Listen(ctx, k.Addr); err != nil {
		return nil, fmt.Errorf("kiosk and till: %w", err)
	}
	if k.TLSAddr != "" {
		if s.tls, err = g.listenTLS(ctx, k.TLSAddr); err != nil {
			return nil, fmt.Errorf("kiosk and till over TLS: %w", err)
		}
	}
	return s, nil
}

func (g *gateway) listenTLS(ctx context.Context, addr string) (net.Listener, error) {
	cfg, err := tlsConfig(g.cfg, time.Now())
	if err != nil {
		return nil, err
	}
	ln, err := process.Listen(ctx, addr)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(ln, cfg), nil
}

// url is where the station serves.
func (s *station) url() string { return "http://" + s.ln.Addr().String() }

// run serves the station until ctx is done.
func (s *station) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.mirror.pipeline.Run(ctx) })
	group.Go(func() error { return process.Serve(ctx, s.ln, s.engine) })
	if s.tls != nil {
		group.Go(func() error { return process.Serve(ctx, s.tls, s.engine) })
	}
	return group.Wait()
}

// close frees everything; run must have ended. It may be called on a station
// that was made in part only.
func (s *station) close() error {
	var errs []error
	if s.kiosk != nil {
		s.kiosk.Close()
	}
	for _, ln := range []net.Listener{s.ln, s.tls} {
		if ln != nil {
			if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if s.mirror != nil {
		errs = append(errs, s.mirror.close())
	}
	return errors.Join(errs...)
}
