// Package headquarters wires a whole headquarters: ledger, collector, and the
// pages for phones and people. cmd/hq runs one, and so does the demo.
package headquarters

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/api"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/cart"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/chat"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/web"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/address"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// Server is a headquarters.
type Server struct {
	DB        *hq.HQ
	cfg       *firmwarecfg.HQ
	log       *slog.Logger
	broker    *broker
	collector *hq.Collector
	webhooks  *hq.Webhooks
	chat      *chat.Service
	door      *door
	public    site        // phones
	office    site        // HQ's own; has no listener of its own where it shares public's
	devices   *deviceDoor // nil where there is none
	watch     *watch
}

// site is a set of pages and where they are served.
type site struct {
	engine *gin.Engine
	ln     net.Listener
}

// New opens headquarters' ledger, enrols the gateways of the configuration,
// publishes the catalogue and listens; Run starts it.
func New(ctx context.Context, cfg *firmwarecfg.HQ, shopFiles fs.FS, version string, log *slog.Logger) (_ *Server, err error) {
	s := &Server{cfg: cfg, log: log, door: newDoor(cfg.Proxies, time.Now, log)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	shop, err := shopdir.Read(shopFiles)
	if err != nil {
		return nil, fmt.Errorf("shop files: %w", err)
	}
	s.watch = newWatch(version, log)
	took := func(d time.Duration) { s.watch.commits.Observe(d.Seconds()) }
	if s.DB, err = openLedger(ctx, cfg, took, s.door.noteGateway, log); err != nil {
		return nil, err
	}
	switch issued, err := s.DB.HasIssued(ctx); {
	case err != nil:
		return nil, fmt.Errorf("catalogue: %w", err)
	case !issued: // until then the folder's counts
		if _, err := shop.Publish(ctx, s.DB, time.Now()); err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
	}
	s.broker = &broker{line: cfg.MQTT, client: "hq-" + uuid.NewString(), log: log}
	if _, err := s.broker.dialer(); err != nil {
		return nil, err
	}
	partitions, err := cfg.PartitionList()
	if err != nil {
		return nil, err
	}
	s.collector = hq.NewCollector(hq.CollectorConfig{HQ: s.DB, Dialer: s.broker, Log: log, Partitions: partitions, Carts: edge.CartKeep(cfg.Carts)})
	if err := s.newWebhooks(log); err != nil {
		return nil, err
	}
	if err := s.newPages(shop, log); err != nil {
		return nil, err
	}
	if err := s.public.listen(ctx, cfg.Addr, s.door.places(cfg.Connections)); err != nil {
		return nil, err
	}
	if cfg.OfficeAddr != "" {
		if err := s.office.listen(ctx, cfg.OfficeAddr, s.door.places(cfg.Connections)); err != nil {
			return nil, err
		}
	}
	if s.devices, err = s.newDeviceDoor(ctx); err != nil {
		return nil, err
	}
	s.watch.begin(ctx, s, log)
	return s, err
}

func (s *Server) newWebhooks(log *slog.Logger) (err error) {
	hooks := make([]hq.Webhook, len(s.cfg.Webhooks))
	for i, w := range s.cfg.Webhooks {
		secret, err := w.Secret()
		if err != nil {
			return err
		}
		hooks[i] = hq.Webhook{Name: w.Name, URL: w.URL, Secret: secret, Events: w.Events}
	}
	s.webhooks, err = hq.NewWebhooks(hq.WebhookConfig{HQ: s.DB, Hooks: hooks, Log: log})
	return err
}

func (s *site) listen(ctx context.Context, addr string, places process.Places) error {
	ln, err := process.Listen(ctx, addr)
	if err != nil {
		return fmt.Errorf("headquarters: %w", err)
	}
	s.ln = places.Bound(ln)
	return nil
}

func (s *Server) newPages(shop *shopdir.Shop, log *slog.Logger) error {
	key, err := firmwarecfg.LoadOrCreateKey(s.cfg.Key)
	if err != nil {
		return err
	}
	transfers, err := s.transfers()
	if err != nil {
		return err
	}
	places, err := address.Load()
	if err != nil {
		return err
	}
	carts, err := cart.New(cart.Options{
		HQ: s.DB, Key: key, Brand: shop.Name.VI, Pictures: s.DB.Files(edge.PictureFolder, shop.Pictures), Zone: shop.Location, Now: time.Now, Log: log,
		Transfers: transfers, Places: places, DeliverTo: s.cfg.Orders.DeliverTo,
	})
	if err != nil {
		return err
	}
	if s.chat, err = s.newChat(shop, carts, log); err != nil {
		return err
	}
	feeds, err := s.newFeeds(log)
	if err != nil {
		return err
	}
	tokens, err := apiTokens(s.cfg.APITokens)
	if err != nil {
		return err
	}
	secret, err := s.DB.Secret("office sessions")
	if err != nil {
		return err
	}
	forPeople := web.Options{HQ: s.DB, Door: s.DB.Accounts(), People: s.DB.Accounts(), OwnMachine: account.Role(s.cfg.OwnMachine), Brand: shop.Name.VI, Names: s.shopNames(), Zone: shop.Location, Tokens: tokens, Secret: secret, Now: time.Now, Log: log, Patience: edge.OrderPatience(s.cfg.Orders.Patience)}
	forSystems := api.Options{HQ: s.DB, Accounts: s.DB.Accounts(), Tokens: tokens, Now: time.Now, Log: log}
	if s.chat.Serves() {
		forPeople.Chats, forSystems.Chats = s.chat, s.chat
	}
	pages, err := web.New(forPeople)
	if err != nil {
		return err
	}
	systems, err := api.New(forSystems)
	if err != nil {
		return err
	}
	if s.office.engine, err = s.door.engine(s.watch.requests.Gin, pages.Explain); err != nil {
		return err
	}
	s.public.engine = s.office.engine
	if s.cfg.OfficeAddr != "" {
		if s.public.engine, err = s.door.engine(s.watch.requests.Gin, carts.Explain); err != nil {
			return err
		}
	}
	carts.Register(s.public.engine)
	feeds.Register(s.public.engine)
	s.chat.Register(s.public.engine)
	if !s.cfg.Devices.Only {
		s.public.engine.Any(cloudsync.IngestPath, gin.WrapH(s.DB.IngestHandler()))
		s.public.engine.Any(cloudsync.PhotoPath, gin.WrapH(s.DB.PhotoHandler()))
		s.public.engine.Any(cloudsync.ContactPath, gin.WrapH(s.DB.ContactHandler()))
		s.public.engine.Any(cloudsync.ToldPath, gin.WrapH(s.DB.ToldHandler()))
	}
	s.public.engine.Any(hq.AssetPath+":sha256", gin.WrapH(s.DB.Assets()))
	office := s.office.engine.Group("/", s.door.onlyHosts(s.cfg.OfficeHosts), s.door.checkOrigin)
	pages.Register(office)
	systems.Register(office)
	return nil
}

// shopNames are what people call the shops, as far as the settings say so.
func (s *Server) shopNames() map[string]string {
	names := map[string]string{}
	for _, of := range s.cfg.Chat.Shops {
		names[of.Shop] = of.Name
	}
	return names
}

// PublicURL is where phones open their carts.
func (s *Server) PublicURL() string { return "http://" + s.public.ln.Addr().String() }

// OfficeURL is where HQ's own pages are.
func (s *Server) OfficeURL() string {
	if s.office.ln == nil {
		return s.PublicURL()
	}
	return "http://" + s.office.ln.Addr().String()
}

// Run collects and serves until ctx is done.
func (s *Server) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.collector.Run(ctx) })
	group.Go(func() error { s.DB.RunPulls(ctx); return nil })
	group.Go(func() error { return s.DB.Rollouts().Run(ctx) })
	group.Go(func() error { return s.webhooks.Run(ctx) })
	group.Go(func() error { return s.chat.Run(ctx) })
	if ln := s.watch.ln; ln != nil {
		group.Go(func() error { return process.Serve(ctx, ln, s.watch.Handler()) })
	}
	if s.devices != nil {
		group.Go(func() error { return s.devices.run(ctx) })
	}
	group.Go(func() error { return s.keepRevoked(ctx) })
	group.Go(func() error { return s.door.keepActs(ctx, s.DB.Accounts()) })
	for _, site := range []site{s.public, s.office} {
		if site.ln != nil {
			group.Go(func() error { return process.Serve(ctx, site.ln, site.engine) })
		}
	}
	return group.Wait()
}

// Close frees everything; Run must have ended. It may be called on a Server
// that was made in part only.
func (s *Server) Close() error {
	var errs []error
	listeners := []net.Listener{s.public.ln, s.office.ln, s.watch.ln}
	if s.devices != nil {
		listeners = append(listeners, s.devices.ln)
	}
	for _, ln := range listeners {
		if ln == nil {
			continue
		}
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.DB != nil {
		errs = append(errs, s.DB.Close())
	}
	return errors.Join(errs...)
}
