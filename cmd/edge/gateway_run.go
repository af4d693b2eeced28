package main

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/edge"
)

// run serves the shop until ctx is done. Then everything stops at once: no new
// request is taken, streams end, and requests have a few seconds to end: a sale
// that has begun to be written is written and answered, any other is refused; a
// ticket and a backup under way are ended; the uplink says goodbye. When it
// returns nothing is written any more, and close may take the rest down.
func (g *gateway) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range g.stations {
		group.Go(func() error { return s.run(ctx) })
	}
	if p := g.watch.port; p != nil {
		group.Go(func() error { return p.run(ctx, g.watch.Handler()) })
	}
	group.Go(func() error { return g.restarted(ctx) })
	group.Go(func() error { return g.api.Run(ctx) })
	group.Go(func() error { return g.photos.run(ctx) })
	if g.courier != nil {
		group.Go(func() error { return g.courier.Run(ctx) })
	}
	if g.contacts != nil {
		group.Go(func() error { return g.contacts.run(ctx) })
	}
	if g.fetcher != nil {
		group.Go(func() error { return g.fetcher.Run(ctx) })
	}
	if g.identity != nil {
		group.Go(func() error { return g.identity.Run(ctx) })
	}
	group.Go(func() error { return g.db.Run(ctx) })
	group.Go(func() error { return g.db.KeepCarts(ctx, edge.CartKeep(g.cfg.Carts)) })
	group.Go(func() error { return g.db.KeepPersons(ctx, edge.PersonKeep(g.cfg.Persons)) })
	group.Go(func() error { return g.backups.Run(ctx) })
	if g.desk != nil {
		group.Go(func() error { return g.desk.Run(ctx) })
	}
	if g.twin != nil {
		group.Go(func() error { return g.twin.Run(ctx) })
	}
	if g.uplink != nil {
		group.Go(func() error { return g.uplink.Run(ctx) })
	}
	return group.Wait()
}

// close frees everything, shoppers' sessions first and the database last, which
// notes how far the ledger has come; run must have ended. It may be called on a
// gateway that was made in part only.
func (g *gateway) close() error {
	var errs []error
	for _, s := range g.stations {
		errs = append(errs, s.close())
	}
	if g.watch != nil && g.watch.port != nil {
		errs = append(errs, g.watch.port.close())
	}
	if g.model != nil {
		errs = append(errs, g.model.close())
	}
	if g.studio != nil {
		errs = append(errs, g.studio.close())
	}
	if g.db != nil {
		errs = append(errs, g.db.Close())
	}
	return errors.Join(errs...)
}
