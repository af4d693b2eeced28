package main

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/identity"
	"github.com/mirrorcart/mirrorcart/cloudsync/twin"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/photo"
	"github.com/mirrorcart/mirrorcart/edge/release"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/kiosk"
	"github.com/mirrorcart/mirrorcart/kiosk/enrol"
	"github.com/mirrorcart/mirrorcart/kiosk/setup"
)

// gatewayOptions are what a gateway is made of.
type gatewayOptions struct {
	cfg     *firmwarecfg.Edge
	shop    fs.FS             // the shop's files
	backoff cloudsync.Backoff // of the line's redialling; its zero value is the usual one
	log     *slog.Logger
	// needMirror makes a mirror that cannot be had an error. Without it the
	// gateway opens all the same: selling does not wait for a mirror.
	needMirror bool
	// setUp serves the pages of installation day. What they change has run end with
	// errRestart.
	setUp bool
}

// gateway is the shop's whole: database, mirror, till, pages and uplink.
type gateway struct {
	gatewayOptions
	db       *sqlite.DB
	backups  *sqlite.Keeper
	photos   *album
	contacts *contacts      // nil in a shop that has no line
	courier  *photo.Courier // nil in a shop that has no line
	studio   *studio
	links    links
	api      *api.Server
	desk     *ticket.Desk      // nil in a shop without a printer
	uplink   *cloudsync.Uplink // nil in a shop that has no line
	twin     *twin.Agent       // nil where the machine takes no bundles
	fetcher  *release.Fetcher  // nil in a shop that has no line
	identity *identity.Keeper  // nil where the certificate comes another way
	brand    kiosk.Brand
	language string // in which shoppers' pages begin; empty for the browser's
	model    *model // nil where nobody wears products for shoppers without a camera
	watch    *watch
	setup    *setup.Setup  // nil where there is none
	door     *enrol.Book   // who may set up; nil likewise
	restart  chan struct{} // holds a token when the gateway is to begin anew
	stations []*station
	*station // the first of them
}

// newGateway opens everything that a gateway needs and listens; run starts it.
func newGateway(ctx context.Context, o gatewayOptions) (_ *gateway, err error) {
	g := &gateway{gatewayOptions: o, restart: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	shop, err := shopdir.Read(o.shop)
	if err != nil {
		return nil, fmt.Errorf("shop files: %w", err)
	}
	key, err := firmwarecfg.LoadOrCreateKey(o.cfg.Keys.Device)
	if err != nil {
		return nil, err
	}
	if g.identity, err = keeperOf(o.cfg, key, o.log); err != nil {
		return nil, err
	}
	g.watch = g.newWatch(ctx)
	if err := g.openDatabase(ctx, key); err != nil {
		return nil, err
	}
	if err := g.openCarriers(key); err != nil {
		return nil, err
	}
	if err := g.stockShop(ctx, shop); err != nil {
		return nil, err
	}
	if err := g.openStudio(shop); err != nil {
		return nil, err
	}
	if err := g.newAPI(shop, key); err != nil {
		return nil, err
	}
	g.twin = g.newTwin(ctx, shop.Location)
	if g.uplink, err = g.newUplink(key); err != nil {
		return nil, err
	}
	if err := g.openStations(ctx); err != nil {
		return nil, err
	}
	g.watch.begin(g)
	return g, nil
}

// openDatabase opens the ledger, and where its backups go.
func (g *gateway) openDatabase(ctx context.Context, key ed25519.PrivateKey) (err error) {
	options := databaseOptions(g.cfg, g.log)
	options.Committed = func(took time.Duration) { g.watch.commits.Observe(took.Seconds()) }
	if options.Secret, err = hkdf.Key(sha256.New, key.Seed(), nil, "mirrorcart contacts 1", sha256.Size); err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	if options.Persons, err = process.PersonKeys(g.cfg.Keys.Persons, g.cfg.Keys.Device); err != nil {
		return err
	}
	if g.db, err = sqlite.Open(ctx, options); err != nil {
		return err
	}
	g.backups, err = g.db.Keeper(sqlite.BackupPlan{
		Dir: g.cfg.BackupDir(), Second: g.cfg.Backup.Second, Every: g.cfg.Backup.Every, Keep: g.cfg.Backup.Keep,
	})
	return err
}

// openCarriers opens what goes to headquarters and comes from there beside the
// ledger: photos, contacts, catalogues' files.
func (g *gateway) openCarriers(key ed25519.PrivateKey) (err error) {
	g.photos = &album{path: filepath.Join(g.cfg.DataDir, "photos"), short: func() bool { return g.db.Disk().Short }, log: g.log}
	_, _ = g.photos.open() // it tells by itself
	if g.courier, err = g.newCourier(key); err != nil {
		return err
	}
	g.contacts = g.newContacts(key)
	g.fetcher, err = g.newFetcher()
	return err
}

// openStudio makes what all mirrors share, and how the pages look. It fails for
// the lack of a mirror only where one is needed.
func (g *gateway) openStudio(shop *shopdir.Shop) (err error) {
	switch g.studio, err = newStudio(g.cfg, g.files(edge.TryOnFolder, shop.TryOn)); {
	case err != nil && g.needMirror:
		return err
	case err != nil:
		g.log.Error("the mirror is out of order, the till sells without it", "err", err)
	}
	g.language = shop.Language
	if g.model, err = g.studio.model(shop.Pictures, shop.Brand.Model); err != nil {
		g.log.Error("nobody wears products for shoppers without a camera", "err", err)
	}
	if g.brand, err = brandOf(shop); err != nil {
		return fmt.Errorf("shop files: brand: %w", err)
	}
	return nil
}

// openStations opens the kiosks and, at each, the pages of installation day.
func (g *gateway) openStations(ctx context.Context) (err error) {
	if g.setUp {
		if g.door, err = openSetup(g.cfg); err != nil {
			return err
		}
	}
	for _, k := range kiosksOf(g.cfg) {
		st, err := g.openStation(ctx, k)
		if err != nil {
			return err
		}
		g.stations = append(g.stations, st)
	}
	g.station = g.stations[0]
	if g.setUp {
		return g.newSetup()
	}
	return nil
}

// stockShop puts the catalogue in force and, the first time, the opening stock
// on the shelves.
func (g *gateway) stockShop(ctx context.Context, shop *shopdir.Shop) error {
	now := time.Now()
	r, err := g.publish(ctx, shop, now)
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	g.log.Info("catalogue in force", "release", r.Version, "variants", len(r.Variants))
	if g.db.Series() > 1 {
		return nil // this is not the first time, whatever is left of the database
	}
	var moves []edge.StockMove
	for _, v := range shop.Variants {
		if n := shop.Opening[v.SKU]; n > 0 {
			moves = append(moves, edge.StockMove{SKU: v.SKU, Delta: n, Reason: edge.StockGoodsIn, Ref: "opening", At: now.UTC()})
		}
	}
	if err := g.db.MoveStock(ctx, moves); err != nil {
		return fmt.Errorf("opening stock: %w", err)
	}
	return nil
}

// newUplink makes the shop's side of the line; nil where there is no line.
func (g *gateway) newUplink(key ed25519.PrivateKey) (*cloudsync.Uplink, error) {
	if g.cfg.HQ.MQTT.URL == "" {
		return nil, nil
	}
	hq, err := firmwarecfg.ParsePublicKey(g.cfg.HQ.Key)
	if err != nil {
		return nil, fmt.Errorf("hq.key: %w", err)
	}
	outbox := tellingOutbox{g.db, g.api.CartChanged, g.recordsCame, g.maySell, g.fetcher}
	config := cloudsync.UplinkConfig{
		Node: g.cfg.Node, Key: key, HQ: []ed25519.PublicKey{hq},
		Outbox: outbox, Dialer: lineDialer(g.cfg, g.log), Log: g.log,
		Archive: g.db, Commands: g.db, Recall: outbox, Machine: g.machineFacts(),
		Acked: func(lane edge.Lane, took time.Duration) {
			g.watch.acks.WithLabelValues(string(lane)).Observe(took.Seconds())
		},
		Backoff: g.backoff,
	}
	if g.twin != nil {
		config.Twin = g.twin
	}
	return cloudsync.NewUplink(config)
}

// maySell does what a sale asks for that no clerk recorded.
func (g *gateway) maySell() {
	g.api.StatusChanged()
	if g.desk != nil {
		g.desk.Wake()
	}
}

// line tells whether HQ answers, and since when.
func (g *gateway) line() (up bool, since time.Time) {
	if g.uplink == nil {
		return false, time.Time{}
	}
	s := g.uplink.Status()
	return s.Up, s.Since
}

// faults is what is out of order while the till sells on.
func (g *gateway) faults() []api.Fault {
	list := append(g.photos.faults(), g.catalogueFaults()...)
	list = append(list, g.identityFaults()...)
	for _, t := range append(g.db.Troubles(), g.backups.Troubles()...) {
		list = append(list, api.Fault{Part: t.Part, Message: t.Message})
	}
	for _, s := range g.stations {
		for _, p := range s.ports() {
			list = append(list, p.faults()...)
		}
	}
	if p := g.watch.port; p != nil {
		list = append(list, p.faults()...)
	}
	return list
}
