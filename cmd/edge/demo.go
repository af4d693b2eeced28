package main

import (
	"context"
	"crypto/ed25519"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/ar/models"
	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge/api"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// demoFiles is the demo shop: its folder, and the page that explains the demo.
//
//go:embed demo/index.html demo/shop/shop.yaml demo/shop/products.csv demo/shop/looks.yaml demo/shop/pictures demo/shop/tryon
var demoFiles embed.FS

const (
	demoPIN      = "2468" // the manager's
	demoClerkPIN = "1357"
	demoNode     = "nang-mai-q1-gw1"

	demoShopName = "Tiệm đẹp Nắng Mai"
)

// demoFlags are the flags of `edge demo`.
type demoFlags struct {
	addr, hqAddr, mqttAddr string
	publicURL              string
	dir, shop, models      string
	settings, hqSettings   string
	camera                 string
	once, json, verbose    bool
}

func demoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole shop and its headquarters in one process",
		Long: `Run a whole shop and its headquarters in one process, on this machine alone: a
recorded clip stands in for the camera, and the line between the two can be cut.
Everything else is what a real shop runs.`,
		Example: `  edge demo                            # addresses are printed
  edge demo --camera /dev/video0       # with your own camera
  edge demo --once --json              # the main job unattended, one line of JSON`,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.addr, "addr", "127.0.0.1:8080", "address of kiosk and till; a free port if this one is taken and not asked for")
	fl.StringVar(&f.hqAddr, "hq-addr", "127.0.0.1:8090", "address of headquarters; likewise")
	fl.StringVar(&f.mqttAddr, "mqtt-addr", "127.0.0.1:0", "address of the message broker")
	fl.StringVar(&f.publicURL, "public-url", "", "headquarters' address as phones reach it, for the QR codes; without it --hq-addr")
	fl.StringVar(&f.dir, "dir", "", "folder for the databases, kept; without it a new one that is removed at the end")
	fl.StringVar(&f.shop, "shop", "", "folder of a shop's files, instead of the built-in demo shop")
	fl.StringVar(&f.models, "models", "", "folder of the face models")
	fl.StringVar(&f.settings, "settings", "", "file of the gateway's settings, as in edge.yaml, instead of the demo's own: a printer, chat apps, an account")
	fl.StringVar(&f.hqSettings, "hq-settings", "", "likewise of headquarters', as in hq.yaml")
	fl.StringVar(&f.camera, "camera", "", "camera, as camera.source in edge.yaml; push is that of a browser on this machine; without it the demo clip")
	fl.BoolVar(&f.once, "once", false, "do the main job once, unattended, and stop")
	fl.BoolVar(&f.json, "json", false, "print one line of JSON on standard output")
	fl.BoolVar(&f.verbose, "verbose", false, "log what goes on")
	return cmd
}

func (f *demoFlags) run(cmd *cobra.Command) (err error) {
	if !cmd.Flags().Changed("addr") {
		f.addr = freeUnless(f.addr, !f.once)
	}
	if !cmd.Flags().Changed("hq-addr") {
		f.hqAddr = freeUnless(f.hqAddr, !f.once)
	}
	if f.dir == "" {
		if f.dir, err = os.MkdirTemp("", "mirrorcart-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(f.dir)) }()
	}
	if f.dir, err = filepath.Abs(f.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	d, err := newDemo(cmd.Context(), f, process.Log(cmd.ErrOrStderr(), level))
	if err != nil && f.once {
		return f.report(cmd, onceReport{Error: err.Error()})
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	if f.once {
		r := runOnce(ctx, d)
		stop()
		return errors.Join(<-done, f.report(cmd, r))
	}
	if err := d.announce(cmd, f.json); err != nil {
		return err
	}
	return <-done
}

// freeUnless is addr if it is wanted and can be had, else a free port there.
func freeUnless(addr string, wanted bool) string {
	if wanted {
		if ln, err := net.Listen("tcp", addr); err == nil {
			ln.Close()
			return addr
		}
	}
	return "127.0.0.1:0"
}

// report prints what --once found; a job not done is an error.
func (f *demoFlags) report(cmd *cobra.Command, r onceReport) error {
	out := cmd.OutOrStdout()
	if f.json {
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return err
		}
	} else if r.OK {
		fmt.Fprintf(out, "mirror: %d frames, %d faces, %.1f a second, %.1f ms each (p99 %.1f)\n", r.Frames, r.Faces, r.FPS, r.FrameMS.P50, r.FrameMS.P99)
		fmt.Fprintf(out, "cart:   %s\n        read back from print: %v, opened at HQ with the line cut: %v\n", r.Cart.URL, r.Cart.QRReadBack, r.Cart.OpenedAtHQ)
		fmt.Fprintf(out, "sale:   %s, recorded offline: %v, confirmed by HQ: %v\n", r.Sale.Receipt, r.Sale.RecordedOffline, r.Sale.ConfirmedByHQ)
	}
	if !r.OK {
		return errors.New("the main job was not done: " + r.Error)
	}
	return nil
}

// demo is a shop, its headquarters and the line between them.
type demo struct {
	options        gatewayOptions // of the gateway
	gateway        *gateway
	hq             *headquarters.Server
	broker         *broker.Broker
	line           *shopLine
	edgeURL, hqURL string
}

// newDemo makes and enrols everything; run starts it.
func newDemo(ctx context.Context, f *demoFlags, log *slog.Logger) (_ *demo, err error) {
	d := &demo{}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	shop, err := f.shopFiles()
	if err != nil {
		return nil, err
	}
	cfg, err := f.edgeConfig()
	if err != nil {
		return nil, err
	}
	cam, err := newSource(cfg.Camera, log)
	if err != nil {
		return nil, err
	}
	if err := cam.try(ctx); err != nil {
		return nil, err
	}
	if err := d.openHeadquarters(ctx, f, shop, log); err != nil {
		return nil, err
	}
	d.hqURL = d.hq.PublicURL()
	if err := d.openLine(ctx, f, cfg); err != nil {
		return nil, err
	}
	key, err := firmwarecfg.LoadOrCreateKey(cfg.Keys.Device)
	if err != nil {
		return nil, err
	}
	node := hq.Node{Node: demoNode, Shop: cfg.Shop.ID, Key: key.Public().(ed25519.PublicKey)}
	if err := d.hq.DB.Enrol(ctx, node); err != nil {
		return nil, err
	}
	quick := cloudsync.Backoff{Base: 200 * time.Millisecond, Max: 2 * time.Second}
	d.options = gatewayOptions{cfg: cfg, shop: shop, backoff: quick, log: log, needMirror: true, setUp: true}
	if err := d.openGateway(ctx); err != nil {
		return nil, err
	}
	d.options.cfg.HTTP.Addr = d.gateway.plain.at() // which it keeps
	d.edgeURL = d.gateway.url()
	return d, nil
}

func (f *demoFlags) shopFiles() (fs.FS, error) {
	if f.shop != "" {
		return shopdir.Open(f.shop)
	}
	return fs.Sub(demoFiles, "demo/shop")
}

// edgeConfig is the demo gateway's configuration, all but its line.
func (f *demoFlags) edgeConfig() (*firmwarecfg.Edge, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if f.models == "" {
		f.models = models.Dir(os.Getenv(models.EnvDir), exe)
	}
	manager, err := api.HashPIN(demoPIN)
	if err != nil {
		return nil, err
	}
	clerk, err := api.HashPIN(demoClerkPIN)
	if err != nil {
		return nil, err
	}
	cfg := firmwarecfg.DefaultEdge()
	cfg.Node, cfg.Shop.ID, cfg.Shop.Name, cfg.Till = demoNode, "nang-mai-q1", demoShopName, "T1"
	cfg.DataDir, cfg.ModelsDir, cfg.HTTP.Addr = f.dir, f.models, f.addr
	cfg.HTTP.Clear = true // its PINs are everybody's
	cfg.Keys.Device = filepath.Join(f.dir, "device.key")
	cfg.Metrics.Addr = "127.0.0.1:0"
	cfg.Disk.ReserveMB = 0 // a demo takes no more of the disk than it needs
	cfg.Staff = []firmwarecfg.Staff{
		{Name: "Linh", Role: firmwarecfg.Manager, PINHash: manager},
		{Name: "Hoa", Role: firmwarecfg.Clerk, PINHash: clerk},
	}
	cfg.Orders.FreeFrom = 1_000_000
	cfg.Orders.Fees = []firmwarecfg.DeliveryFee{{Provinces: []string{"79"}, Fee: 20_000, Days: 2}, {Fee: 35_000, Days: 5}}
	cfg.Payment.Transfer = demoAccount(cfg.Payment.Transfer)
	cfg.Camera.Source = f.camera
	if f.camera == "" {
		// The clip is small; the mirror's drawing is finer on a larger frame.
		if cfg.Camera.Source, err = models.Clip(f.models); err != nil {
			return nil, err
		}
		cfg.Camera.Width, cfg.Camera.Height = 960, 720
	}
	return cfg, nil
}

// secret keeps what the demo alone may read in its folder.
func (f *demoFlags) secret(name, text string) (string, error) {
	path := filepath.Join(f.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// run serves shop and headquarters until ctx is done.
func (d *demo) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range []func(context.Context) error{d.broker.Run, d.hq.Run, d.line.run, d.runGateway} {
		group.Go(func() error { return run(ctx) })
	}
	return group.Wait()
}

// close frees everything; it may be called on a demo that was made in part.
func (d *demo) close() error {
	var errs []error
	if d.gateway != nil {
		errs = append(errs, d.gateway.close())
	}
	if d.hq != nil {
		errs = append(errs, d.hq.Close())
	}
	return errors.Join(errs...)
}

// announce prints where everything is.
func (d *demo) announce(cmd *cobra.Command, asJSON bool) error {
	out := cmd.OutOrStdout()
	kiosk := d.edgeURL + "/"
	if d.gateway.mirror.tablet != nil {
		tablets, err := openTablets(d.gateway.cfg)
		if err != nil {
			return err
		}
		code, err := tablets.Invite()
		if err != nil {
			return err
		}
		kiosk = enrolURL(d.edgeURL, code)
	}
	if asJSON {
		return json.NewEncoder(out).Encode(map[string]string{
			"demo": d.edgeURL + "/demo", "kiosk": kiosk, "staff": d.edgeURL + "/staff",
			"edge_metrics": d.gateway.watch.url(), "hq_metrics": d.hq.MetricsURL(),
			"hq": d.hqURL, "mqtt": d.broker.Addr().String(), "pin": demoPIN, "clerk_pin": demoClerkPIN,
		})
	}
	_, err := fmt.Fprintf(out, `
  Mirrorcart demo, a shop in your browser

    start here    %[1]s/demo
    kiosk         %[5]s
    till          %[1]s/staff     PIN %[6]s (clerk), %[3]s (manager)
    headquarters  %[2]s/
    broker        mqtts://%[4]s

  Ctrl-C stops it.

`, d.edgeURL, d.hqURL, demoPIN, d.broker.Addr(), kiosk, demoClerkPIN)
	return err
}
