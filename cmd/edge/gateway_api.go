package main

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/address"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// newAPI makes what the kiosks' and the till's pages call.
func (g *gateway) newAPI(shop *shopdir.Shop, key ed25519.PrivateKey) (err error) {
	if g.links, err = g.newLinks(key); err != nil {
		return err
	}
	var staff []api.Staff
	for _, s := range g.cfg.Staff {
		staff = append(staff, api.Staff{Name: s.Name, Role: string(s.Role), PIN: s.PINHash})
	}
	tillKey, err := hkdf.Key(sha256.New, key.Seed(), nil, "mirrorcart tills 1", sha256.Size)
	if err != nil {
		return fmt.Errorf("tills: %w", err)
	}
	transfers, err := transfersOf(g.cfg)
	if err != nil {
		return err
	}
	line := g.line
	if g.cfg.HQ.MQTT.URL == "" {
		line = nil // there is none
	}
	if g.desk, err = g.newDesk(shop, g.links); err != nil {
		return err
	}
	places, err := address.Load()
	if err != nil {
		return err
	}
	orders, err := g.orders()
	if err != nil {
		return err
	}
	cfg := api.Config{
		Shop:  api.Shop{ID: g.cfg.Shop.ID, Name: shop.Name, Timezone: shop.Location.String()},
		Carts: g.db, Ledger: g.db, CashBook: g.db, Audit: g.db, SignOff: g.cfg.SignOff, Catalogue: g.db, Outbox: g.db, Office: g.db, Handoff: photoLinks{g.links, g.fragment},
		Pictures: g.files(edge.PictureFolder, shop.Pictures), Hosts: g.cfg.HTTP.AllowedHosts, Sealed: !g.cfg.HTTP.Clear, Staff: staff, Directory: g.db,
		Orders: orders, Transfers: transfers, Cash: roundingOf(g.cfg), CashTolerance: g.cfg.Payment.CashTolerance, Addresses: places, Discounts: discountsOf(g.cfg),
		Version: version, Log: g.log, Line: line, Faults: g.faults, Device: g.device, TillKey: tillKey,
		Served: g.watch.requests.Served,
	}
	if g.desk != nil {
		cfg.Printing = g.desk
	}
	g.api, err = api.New(cfg)
	return err
}
