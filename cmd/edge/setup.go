package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/kiosk/enrol"
	"github.com/mirrorcart/mirrorcart/kiosk/setup"
)

func setupCommand() *cobra.Command {
	var file, demo string
	cmd := &cobra.Command{
		Use:   "setup --config edge.yaml",
		Short: "Begin installation day: print the code that opens /setup",
		Long: `Begin installation day: print the code that opens the gateway's page /setup, once
and within 10 minutes, for 24 hours. The gateway must be running. A kiosk's screen
opens the page by itself while a code waits.`,
		Example: `  edge setup --config /etc/mirrorcart/edge.yaml
  edge setup --demo FOLDER             # of the demo that runs with --dir FOLDER`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg := firmwarecfg.DefaultEdge()
			cfg.DataDir = demo
			if demo == "" {
				var err error
				if cfg, err = firmwarecfg.LoadEdge(file, os.Environ()); err != nil {
					return process.UsageError{Err: err}
				}
			}
			if err := process.ActAsOwner(cfg.DataDir); err != nil {
				return err
			}
			door, err := openSetup(cfg)
			if err != nil {
				return err
			}
			code, err := door.Invite()
			if err != nil {
				return err
			}
			legible := strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:]}, "-")
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\nhttp://%s%s\n", legible, cfg.HTTP.Addr, setup.Path)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	cmd.Flags().StringVar(&demo, "demo", "", "folder of a demo, instead of a configuration")
	return cmd
}

// openSetup is who may set the gateway up.
func openSetup(cfg *firmwarecfg.Edge) (*enrol.Book, error) {
	return enrol.Open(enrol.Config{
		Dir: filepath.Join(cfg.DataDir, "setup"), Now: time.Now, Command: "edge setup",
		Kind: "technician", Path: setup.Path, Life: 24 * time.Hour, Most: 8,
	})
}

// errRestart ends a gateway that is to begin anew with other settings.
var errRestart = errors.New("the settings have changed")

// restarted waits until the gateway is to begin anew.
func (g *gateway) restarted(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-g.restart:
		return errRestart
	}
}

// newSetup makes the pages of installation day, at each kiosk.
func (g *gateway) newSetup() (err error) {
	var kiosks []string
	for _, k := range kiosksOf(g.cfg) {
		kiosks = append(kiosks, k.ID)
	}
	file := filepath.Join(g.cfg.DataDir, "setup", "state.json")
	g.setup, err = setup.New(setup.Config{
		Machine: onSite{g}, Kiosks: kiosks, Door: g.door, Fail: g.api.Fail,
		Load: func() ([]byte, error) { return os.ReadFile(file) },
		Save: func(b []byte) error { return firmwarecfg.ReplaceFile(file, b) },
		Run:  uuid.NewString(), Now: time.Now,
	})
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	for i, s := range g.stations {
		g.setup.Register(s.engine, kiosks[i], s.kiosk.Page("setup.html"))
	}
	return nil
}

// installation is the sheet to print.
func (g *gateway) installation() (*ticket.Installation, error) {
	if g.setup == nil {
		return nil, edge.Errorf("setup", edge.Unavailable, "this gateway is not set up by pages")
	}
	r, err := g.setup.Report()
	if err != nil {
		return nil, err
	}
	sheet := &ticket.Installation{Node: r.Node, Technician: r.Technician, At: r.At}
	for _, step := range r.Steps {
		what, kiosk := step.Parts()
		result := r.Results[step]
		sheet.Steps = append(sheet.Steps, ticket.InstallationStep{Step: string(what), Kiosk: kiosk, Passed: result.Outcome == setup.Passed, Detail: result.Detail})
	}
	return sheet, nil
}

// onSite is the gateway for the pages of installation day.
type onSite struct{ *gateway }

// Node is claimed once it has a certificate, or where that comes another way once
// headquarters has answered.
func (m onSite) Node() (name string, claimed bool) {
	if m.identity == nil {
		up, _ := m.line()
		return m.cfg.Node, up
	}
	_, err := m.identity.Certificate()
	return m.cfg.Node, err == nil
}

func (m onSite) Claim(ctx context.Context, code string) error {
	if m.identity == nil {
		return edge.Errorf("setup.claim", edge.Conflict, "this gateway's certificate comes another way: for a code set hq.identity")
	}
	_, err := m.identity.Claim(ctx, code)
	return err
}

// Check looks at the machine as `edge check` does.
func (m onSite) Check(ctx context.Context) ([]setup.Finding, error) {
	cfg := *m.cfg
	if m.watch.port != nil {
		cfg.Metrics.Addr = m.watch.port.at() // it may have been any free one
	}
	var list []setup.Finding
	for _, f := range inspect(ctx, &cfg, m.log).Checks {
		list = append(list, setup.Finding{Part: f.Check, OK: f.OK, Warns: f.Warns, Message: f.Says})
	}
	return list, ctx.Err()
}

func (m onSite) Settings(kiosk string) setup.Settings {
	s := m.cfg.Setup(kiosk)
	return setup.Settings{
		Camera: setup.CameraSettings{
			Source: camera.Shown(s.Camera.Source), Rotate: s.Camera.Rotate, Mirror: s.Camera.Mirror, FOV: s.Camera.FOV,
			WhiteBalance: s.Camera.Controls.WhiteBalance,
		},
		Printer: setup.PrinterSettings{Address: s.Printer.Address, Width: s.Printer.Width},
	}
}

// Change keeps a kiosk's settings and has the gateway begin anew. A camera that is
// turned by a quarter has its width where its height was. The page does not know a
// network camera's password: the address as it was shown is the one that is set.
func (m onSite) Change(kiosk string, in setup.Settings) error {
	s := m.cfg.Setup(kiosk)
	if (in.Camera.Rotate-s.Camera.Rotate)%180 != 0 {
		s.Camera.Width, s.Camera.Height = s.Camera.Height, s.Camera.Width
	}
	if in.Camera.Source != camera.Shown(s.Camera.Source) {
		s.Camera.Source = in.Camera.Source
	}
	s.Camera.Rotate, s.Camera.Mirror, s.Camera.FOV = in.Camera.Rotate, in.Camera.Mirror, in.Camera.FOV
	s.Camera.Controls.WhiteBalance = in.Camera.WhiteBalance
	s.Printer = firmwarecfg.SetupPrinter{Address: in.Printer.Address, Width: in.Printer.Width}
	if err := m.cfg.SaveSetup(kiosk, s); err != nil {
		if _, faulty := errors.AsType[*firmwarecfg.Error](err); faulty {
			return &edge.Error{Op: "setup.settings", Kind: edge.Invalid, Msg: err.Error(), Err: err}
		}
		return err
	}
	select {
	case m.restart <- struct{}{}:
	default: // it begins anew already
	}
	return nil
}

// Choices are the cameras and printers that udev and the kernel show, and those
// that are set.
func (m onSite) Choices(kiosk string) setup.Choices {
	s := m.cfg.Setup(kiosk)
	return setup.Choices{
		Cameras:  devices(camera.Shown(s.Camera.Source), "/dev/mirrorcart/camera-*", "/dev/v4l/by-id/*-video-index0", "/dev/video*"),
		Printers: devices(s.Printer.Address, "/dev/mirrorcart/printer", "/dev/usb/lp*"),
	}
}

// devices lists device files by patterns, each under the first name that fits,
// after the one that is set.
func devices(set string, patterns ...string) []string {
	list, seen := []string{set}, map[string]bool{real(set): true}
	for _, p := range patterns {
		found, _ := filepath.Glob(p) // the patterns are good
		for _, name := range found {
			if at := real(name); !seen[at] {
				seen[at] = true
				list = append(list, name)
			}
		}
	}
	return list
}

// real is where a device file's name leads.
func real(name string) string {
	if at, err := filepath.EvalSymlinks(name); err == nil {
		return at
	}
	return name
}

func (m onSite) Test(ctx context.Context, language string) error {
	return m.print(ctx, edge.PrintJob{Kind: edge.PrintTest, Lang: language})
}

func (m onSite) print(ctx context.Context, j edge.PrintJob) error {
	if m.desk == nil {
		return edge.Errorf("setup.print", edge.Unavailable, "no printer is set: choose one first")
	}
	_, err := m.desk.Print(ctx, j)
	return err
}

// Sell sells the cheapest article and voids that, so that receipts, stock, ticket
// and line are seen to work, and nothing is left of it in the turnover.
func (m onSite) Sell(ctx context.Context, staff string) (*setup.TestSale, error) {
	r, err := m.db.Release(ctx)
	if err != nil {
		return nil, err
	}
	if len(r.Variants) == 0 {
		return nil, edge.Errorf("setup.sale", edge.Unavailable, "the catalogue is empty: nothing can be sold")
	}
	cheapest := slices.MinFunc(r.Variants, func(a, b edge.Variant) int { return int(a.Price.Amount - b.Price.Amount) })
	cart, err := m.db.CreateCart(ctx)
	if err != nil {
		return nil, err
	}
	_, err = m.db.ChangeCart(ctx, cart.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, cheapest.SKU, 1)
		return err
	})
	if err != nil {
		return nil, err
	}
	up, _ := m.line()
	rule := roundingOf(m.cfg)
	sale, _, err := m.db.RecordSale(ctx, uuid.NewString(), edge.Checkout{
		Cart: cart.ID, Staff: staff, Offline: !up, Cash: rule,
		Payments: edge.Payments{{Method: edge.Cash, Amount: cheapest.Price.Amount, Rounding: rule.Of(cheapest.Price)}},
	})
	if err != nil {
		return nil, err
	}
	void, _, err := m.db.VoidSale(ctx, uuid.NewString(), edge.Voiding{
		Sale: edge.SaleRef{ID: sale.ID, Receipt: sale.Receipt}, Reason: "installation test", Staff: staff, Offline: !up,
	})
	if err != nil {
		return nil, err
	}
	m.maySell()
	t := &setup.TestSale{Sale: sale.Receipt, Void: void.Receipt, Total: sale.Total, Epoch: m.db.Epoch(), At: void.At}
	t.Seq, _, err = m.db.Head(ctx, edge.LaneSale)
	return t, err
}

func (m onSite) Confirmed(ctx context.Context, s *setup.TestSale) (bool, error) {
	mark, err := m.db.Mark(ctx, edge.LaneSale)
	return m.db.Epoch() == s.Epoch && mark >= s.Seq, err
}

func (m onSite) SignOff(ctx context.Context, r *setup.Report, language string) error {
	var left []string
	for _, step := range r.Steps {
		if r.Results[step].Outcome != setup.Passed {
			left = append(left, string(step))
		}
	}
	record := edge.AuditRecord{Kind: edge.AuditInstalled, Staff: r.Technician, About: r.Node, Reason: strings.Join(left, ", ")}
	if err := m.db.Audit(ctx, record); err != nil {
		return err
	}
	if m.desk == nil {
		return nil // the sheet is on the screen
	}
	return m.print(ctx, edge.PrintJob{Kind: edge.PrintInstallation, Ref: r.Node, Lang: language, Staff: r.Technician})
}
