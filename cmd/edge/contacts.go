package main

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/edge"
)

// contactsEvery is how often it is looked for contacts that wait. Nobody brings
// an order to its address within that time.
const contactsEvery = 5 * time.Second

// contacts brings to HQ to whom orders go, outside the ledger, and where HQ asks
// for it what is kept of a person.
type contacts struct {
	waiting func(ctx context.Context, limit int) ([]edge.OrderContact, error)
	sent    func(ctx context.Context, order string) error
	send    func(ctx context.Context, c *edge.OrderContact) error

	asked func(ctx context.Context, limit int) ([]edge.PersonTold, error)
	told  func(ctx context.Context, ask string) error
	tell  func(ctx context.Context, t *edge.PersonTold) error

	up  func() bool
	log *slog.Logger
}

// newContacts is nil in a shop that has no line, or no address to bring them to.
func (g *gateway) newContacts(key ed25519.PrivateKey) *contacts {
	if g.cfg.HQ.MQTT.URL == "" || g.cfg.HQ.PublicURL == "" {
		return nil
	}
	to := https.Contacts{Post: g.post(key)}
	up := func() bool { up, _ := g.line(); return up }
	return &contacts{
		g.db.WaitingContacts, g.db.ContactSent, to.Send,
		g.db.WaitingPersons, g.db.PersonTold, to.Tell,
		up, g.log,
	}
}

// run sends what waits until ctx is done.
func (c *contacts) run(ctx context.Context) error {
	tick := time.NewTicker(contactsEvery)
	defer tick.Stop()
	for {
		if c.up() {
			if err := c.sendAll(ctx); err != nil && ctx.Err() == nil {
				c.log.WarnContext(ctx, "contacts of orders wait for headquarters", "err", err)
			}
			if err := c.tellAll(ctx); err != nil && ctx.Err() == nil {
				c.log.WarnContext(ctx, "what is kept of a person waits for headquarters", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sendAll sends what waits; one that HQ never takes holds up none behind it.
func (c *contacts) sendAll(ctx context.Context) error {
	const atOnce = 50
	list, err := c.waiting(ctx, atOnce)
	if err != nil {
		return err
	}
	var late error
	for i := range list {
		switch err := c.send(ctx, &list[i]); {
		case err != nil && edge.KindOf(err) == edge.Unavailable:
			late = err // the order's event may be on its way yet
			continue
		case err != nil:
			c.log.ErrorContext(ctx, "headquarters will not know to whom an order goes: call them", "order", list[i].Order, "err", err)
		}
		if err := c.sent(ctx, list[i].Order); err != nil {
			return err
		}
	}
	return late
}

// tellAll tells HQ what it asked about persons.
func (c *contacts) tellAll(ctx context.Context) error {
	const atOnce = 20
	list, err := c.asked(ctx, atOnce)
	if err != nil {
		return err
	}
	var late error
	for i := range list {
		switch err := c.tell(ctx, &list[i]); {
		case err != nil && edge.KindOf(err) == edge.Unavailable:
			late = err
			continue
		case err != nil: // nobody asks any more
			c.log.WarnContext(ctx, "headquarters does not take what is kept of a person", "ask", list[i].Ask, "err", err)
		}
		if err := c.told(ctx, list[i].Ask); err != nil {
			return err
		}
	}
	return late
}
