package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

const rowsPerMM = 8 // of every receipt printer

// newDesk makes what prints tickets; nil in a shop without a printer.
func (g *gateway) newDesk(shop *shopdir.Shop, l links) (*ticket.Desk, error) {
	p := &g.cfg.Printer
	if !p.On() {
		return nil, nil
	}
	press, err := newPress(g.cfg, shop.Location, g.log)
	if err != nil {
		return nil, err
	}
	return ticket.NewDesk(ticket.Config{
		Queue: g.db, Press: press, Lang: p.Language, Drawer: p.Drawer, Cut: p.Cut, Log: g.log,
		Records: &ticket.Records{
			Ledger: g.db, Carts: g.db, Orders: g.db, Office: g.db, Catalogue: g.db, Links: l, Now: time.Now,
			Installation: g.installation,
		},
		Device:  &ticket.Device{Address: p.Address, Mute: !p.Answers, Pause: p.Pause, Rows: p.Speed * rowsPerMM},
		Changed: func() { g.api.StatusChanged() },
	}), nil
}

// newPress makes what draws tickets.
func newPress(cfg *firmwarecfg.Edge, zone *time.Location, log *slog.Logger) (*ticket.Press, error) {
	fonts, err := ticket.NewFonts(cfg.Printer.Fonts, log)
	if err != nil {
		return nil, fmt.Errorf("fonts of tickets: %w", err)
	}
	paper := ticket.Paper80
	if cfg.Printer.Width == 58 {
		paper = ticket.Paper58
	}
	return &ticket.Press{Paper: paper, Fonts: fonts, Shop: ticket.Shop{
		Name: cfg.Shop.Name, Lines: cfg.Printer.Header, Foot: cfg.Printer.Footer, Location: zone,
	}}, nil
}
