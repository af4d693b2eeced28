package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// ticketFlags say which ticket, and how it is drawn.
type ticketFlags struct {
	config, kind, id, out, lang string
	width                       int
	demo, copied, asJSON        bool
}

func ticketCommand() *cobra.Command {
	var f ticketFlags
	cmd := &cobra.Command{
		Use:   "ticket --kind KIND (--id ID | --demo) --out FILE.png|.pdf|.escpos",
		Short: "Draw a ticket into a file, as the printer would print it",
		Long: `Draw a ticket into a file, as the printer would print it: a picture, a page, or
the bytes that go to the printer. The gateway may be running.

ID is what stands on the ticket: the number of a receipt, refund or void, that of
a Z report, or a cart's id. With --demo it is a ticket of the demo shop.`,
		Example: `  edge ticket --kind receipt --demo --out receipt.png --width 58 --lang zh
  edge ticket --kind receipt --id T1-1-000042 --out receipt.pdf --config /etc/mirrorcart/edge.yaml
  edge ticket --kind test --demo --out test.escpos && cp test.escpos /dev/usb/lp0`,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.config, "config", "/etc/mirrorcart/edge.yaml", "configuration file; not read with --demo")
	fl.StringVar(&f.kind, "kind", "", "receipt, refund, void, z, cart or test; with --demo order too")
	fl.StringVar(&f.id, "id", "", "what stands on the ticket")
	fl.BoolVar(&f.demo, "demo", false, "a ticket of the demo shop")
	fl.StringVar(&f.out, "out", "", "file to make; its ending says which kind")
	fl.IntVar(&f.width, "width", 0, "of the paper in mm, 58 or 80, instead of the configured one")
	fl.StringVar(&f.lang, "lang", "", "vi, en or zh, instead of the configured one")
	fl.BoolVar(&f.copied, "copy", false, "with the mark of a copy")
	fl.BoolVar(&f.asJSON, "json", false, "print the outcome as one line of JSON")
	return cmd
}

func (f *ticketFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return process.UsageError{Err: err}
	}
	cfg, err := f.settings()
	if err != nil {
		return process.UsageError{Err: err}
	}
	doc, zone, err := f.document(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	press, err := newPress(cfg, zone, process.Log(cmd.ErrOrStderr(), cfg.Log.Level))
	if err != nil {
		return err
	}
	r, err := press.Draw(doc, ticket.Form{Lang: cfg.Printer.Language, Copy: f.copied})
	if err != nil {
		return err
	}
	if err := f.write(r, cfg.Printer.Cut); err != nil {
		return err
	}
	size := r.Bounds().Size()
	if f.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{
			"file": f.out, "kind": f.kind, "lang": cfg.Printer.Language, "width": size.X, "height": size.Y,
		})
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d x %d dots\n", f.out, size.X, size.Y)
	return err
}

func (f *ticketFlags) check() error {
	switch ending := filepath.Ext(f.out); {
	case f.kind == "":
		return fmt.Errorf("say which ticket: --kind receipt, refund, void, z, cart, order or test")
	case f.demo == (f.id != "") && f.kind != string(edge.PrintTest):
		return fmt.Errorf("say of what: --id with what stands on the ticket, or --demo")
	case ending != ".png" && ending != ".pdf" && ending != ".escpos":
		return fmt.Errorf("--out %q: name a file that ends in .png, .pdf or .escpos", f.out)
	case f.width != 0 && f.width != 58 && f.width != 80:
		return fmt.Errorf("--width %d: use 58 or 80", f.width)
	case f.lang != "" && !ticket.Knows(f.lang):
		return fmt.Errorf("--lang %q: use vi, en or zh", f.lang)
	}
	return nil
}

// settings are the shop's, or those of the demo.
func (f *ticketFlags) settings() (*firmwarecfg.Edge, error) {
	cfg := firmwarecfg.DefaultEdge()
	if f.demo {
		cfg.Shop.Name, cfg.Till = demoShopName, "T1"
		cfg.Printer.Header = []string{"12 Nguyễn Huệ, phường Sài Gòn, TP. Hồ Chí Minh", "ĐT 028 1234 5678 · MST 0312345678"}
		cfg.Printer.Footer = []string{"Đổi hàng trong 7 ngày với biên lai. Cảm ơn quý khách!"}
	} else {
		var err error
		if cfg, err = firmwarecfg.LoadEdge(f.config, os.Environ()); err != nil {
			return nil, err
		}
	}
	if f.width != 0 {
		cfg.Printer.Width = f.width
	}
	if f.lang != "" {
		cfg.Printer.Language = f.lang
	}
	return cfg, nil
}

// document finds the ticket, and the zone of the times on it.
func (f *ticketFlags) document(ctx context.Context, cfg *firmwarecfg.Edge) (ticket.Document, *time.Location, error) {
	if f.demo {
		return sampleTicket(ctx, f.kind)
	}
	dir, err := shopdir.Open(cfg.ShopDir)
	if err != nil {
		return nil, nil, fmt.Errorf("shop_dir: %w", err)
	}
	shop, err := shopdir.Read(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("shop files: %w", err)
	}
	archive, err := sqlite.OpenArchive(ctx, databaseOptions(cfg, nil).Path)
	if err != nil {
		return nil, nil, err
	}
	defer archive.Close()
	records := &ticket.Records{Ledger: archive, Carts: archive, Orders: archive, Office: archive, Catalogue: archive, Links: noLinks{}, Now: time.Now}
	if f.kind == string(edge.PrintCart) {
		settings, err := (&handoffFlags{config: f.config}).settings()
		if err != nil {
			return nil, nil, err
		}
		settings.Catalogue = archived{archive: archive}
		if records.Links, err = handoff.NewLinks(settings); err != nil {
			return nil, nil, err
		}
	}
	id, err := f.find(ctx, archive)
	if err != nil {
		return nil, nil, err
	}
	doc, err := records.Document(ctx, edge.PrintKind(f.kind), id)
	return doc, shop.Location, err
}

// archived is a catalogue that is only read.
type archived struct {
	edge.Catalogue
	archive *sqlite.Archive
}

func (a archived) Release(ctx context.Context) (*edge.Release, error) { return a.archive.Release(ctx) }

// find is the id of the record that the number on a ticket names.
func (f *ticketFlags) find(ctx context.Context, a *sqlite.Archive) (id string, err error) {
	switch kind := edge.PrintKind(f.kind); kind {
	case edge.PrintReceipt, edge.PrintRefund, edge.PrintVoid, edge.PrintOrder:
		r, err := edge.ParseReceipt(f.id)
		if err != nil {
			return "", err
		}
		is, id, err := a.TicketOf(ctx, r)
		if err == nil && is != kind {
			err = fmt.Errorf("%s is a %s: use --kind %s", r, is, is)
		}
		return id, err
	case edge.PrintZ:
		n, err := strconv.ParseUint(f.id, 10, 32)
		if err != nil {
			return "", fmt.Errorf("--id %q: want the number of a Z report", f.id)
		}
		return a.ZReportOf(ctx, uint32(n))
	}
	return f.id, nil
}

func (f *ticketFlags) write(r *ticket.Raster, cut bool) error {
	var b bytes.Buffer
	var err error
	switch filepath.Ext(f.out) {
	case ".png":
		err = r.WritePNG(&b)
	case ".pdf":
		err = r.WritePDF(&b)
	default:
		b.Write((&ticket.Job{Raster: r, Cut: cut}).AppendESCPOS(nil))
	}
	if err != nil {
		return err
	}
	return os.WriteFile(f.out, b.Bytes(), 0o600) // a cart's code opens the cart
}
