package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
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
	plain  *port
	sealed *port         // over TLS, for the shop's network; nil for none
	ended  chan struct{} // closed when the mirror has nothing more to show
}

// kiosksOf are the gateway's kiosks, the one of the short form first.
func kiosksOf(cfg *firmwarecfg.Edge) []firmwarecfg.Kiosk {
	first := firmwarecfg.Kiosk{
		ID: firmwarecfg.MainKiosk, Addr: cfg.HTTP.Addr, TLSAddr: cfg.HTTP.TLSAddr, Screens: cfg.HTTP.Kiosks, Camera: cfg.Camera, Mirror: cfg.Mirror,
	}
	return append([]firmwarecfg.Kiosk{first}, cfg.Kiosks...)
}

// openStation makes a kiosk and listens at its addresses. Only the first kiosk's
// own must be free: that is the till's.
func (g *gateway) openStation(ctx context.Context, k firmwarecfg.Kiosk) (_ *station, err error) {
	s := &station{ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("kiosk %s: %w", k.ID, err), s.close())
		}
	}()
	log := g.log.With("kiosk", k.ID)
	if s.mirror, err = g.studio.open(k.Camera, k.Mirror, g.watch.frames.WithLabelValues(k.ID), log); err != nil {
		return nil, err
	}
	screens, err := screensOf(k)
	if err != nil {
		return nil, err
	}
	if s.kiosk, err = kiosk.New(g.pages(k, s.mirror, screens, log)); err != nil {
		return nil, err
	}
	s.engine = g.api.Engine(k.ID)
	s.kiosk.Register(s.engine)
	if s.mirror.tablet != nil {
		tablets, err := openTablets(g.cfg)
		if err != nil {
			return nil, err
		}
		s.kiosk.RegisterTablet(s.engine, s.mirror.tablet, tablets)
	}
	places := process.Places{Max: g.cfg.HTTP.Connections, Refused: g.api.ConnectionRefused, Spared: func(a netip.Addr) bool {
		return a.IsLoopback() || slices.ContainsFunc(screens, func(p netip.Prefix) bool { return p.Contains(a) })
	}}
	s.plain = &port{kiosk: k.ID, part: "http", addr: k.Addr, places: places, log: log}
	if len(g.stations) == 0 {
		if s.plain.ln, err = s.plain.listen(ctx); err != nil {
			return nil, fmt.Errorf("kiosk and till: %w", err)
		}
	}
	s.plain.open(ctx)
	if k.TLSAddr != "" {
		s.sealed = &port{
			kiosk: k.ID, part: "https", addr: k.TLSAddr, places: places, log: log,
			tls: (&certificate{cfg: g.cfg, now: time.Now, log: log}).config,
		}
		s.sealed.open(ctx)
	}
	return s, nil
}

// screensOf are the addresses from which a kiosk's own screens come.
func screensOf(k firmwarecfg.Kiosk) ([]netip.Prefix, error) {
	var screens []netip.Prefix
	for _, text := range k.Screens {
		p, err := firmwarecfg.ParseKiosk(text)
		if err != nil {
			return nil, fmt.Errorf("screens: %w", err)
		}
		screens = append(screens, p)
	}
	return screens, nil
}

// pages are a kiosk's pages and session, to be made.
func (g *gateway) pages(k firmwarecfg.Kiosk, m *mirror, screens []netip.Prefix, log *slog.Logger) kiosk.Config {
	c := kiosk.Config{
		Mirror: m.pipeline, Catalogue: g.db, Carts: g.db,
		WebSocket: m.hub.WebSocket(), MJPEG: m.hub.MJPEG(),
		Photos: g.photos, Pages: ui.Dist(), Trusted: screens, Idle: k.Mirror.IdleTimeout, Gone: k.Mirror.GoneTimeout,
		Brand: g.brand, Language: g.language, Office: g.db, Consents: g.db, Place: k.ID, NewID: uuid.NewString, Fail: g.api.Fail, Refuse: g.api.Refuse, Log: log,
	}
	if g.courier != nil {
		c.Courier = g.courier
	}
	if g.model != nil {
		c.Model = g.model
	}
	if g.door != nil {
		c.Technician = g.door.Waits
	}
	return c
}

// brandOf is how the shop wants its pages.
func brandOf(s *shopdir.Shop) (kiosk.Brand, error) {
	b := kiosk.Brand{Logo: s.Brand.Logo, Files: s.Pictures, Dark: s.Brand.Kiosk == "dark"}
	if s.Brand.Accent == "" {
		return b, nil
	}
	b.Accent = new(ar.Color)
	return b, b.Accent.UnmarshalText([]byte(s.Brand.Accent))
}

// ports are those at which the station is served.
func (s *station) ports() []*port {
	var list []*port
	for _, p := range []*port{s.plain, s.sealed} {
		if p != nil {
			list = append(list, p)
		}
	}
	return list
}

// url is where the station is served.
func (s *station) url() string { return "http://" + s.plain.at() }

// run serves the station until ctx is done.
func (s *station) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(s.ended)
		return s.mirror.pipeline.Run(ctx)
	})
	for _, p := range s.ports() {
		group.Go(func() error { return p.run(ctx, s.kiosk.KnowScreens(s.engine)) })
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
	for _, p := range s.ports() {
		errs = append(errs, p.close())
	}
	if s.mirror != nil {
		errs = append(errs, s.mirror.close())
	}
	return errors.Join(errs...)
}
