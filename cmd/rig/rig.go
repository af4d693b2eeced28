// Package rig is a whole chain on loopback, to measure and to hurt: a broker,
// headquarters' database, collectors and shops, all of them real, on ports and
// in folders of their own. Nothing of it outlives the context it was started
// with, or this process.
package rig

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
)

// Plan says what a chain is made of.
type Plan struct {
	Broker     string // one of Brokers
	Database   string // of headquarters, one of Databases
	Shops      int    // 1 to MaxShops
	Collectors int    // 1 to MaxCollectors
	Pace       Pace
	Log        *slog.Logger
}

// Pace is how long shops and collectors wait; zeros stand for the product's own
// times.
type Pace struct {
	Backoff cloudsync.Backoff // before dialling again
	Resend  time.Duration     // for an answer, before sending again
}

// Bounds of a plan.
const (
	MaxShops      = 1000
	MaxCollectors = 16
)

// Check reports what is wrong with the plan.
func (p Plan) Check() error {
	switch {
	case p.Broker != Mochi && p.Broker != Mosquitto:
		return fmt.Errorf("--broker is %q: want %s or %s", p.Broker, Mochi, Mosquitto)
	case p.Database != SQLite && p.Database != Postgres:
		return fmt.Errorf("--hq is %q: want %s or %s", p.Database, SQLite, Postgres)
	case p.Shops < 1 || p.Shops > MaxShops:
		return fmt.Errorf("--edges is %d: want 1 to %d", p.Shops, MaxShops)
	case p.Collectors < 1 || p.Collectors > MaxCollectors:
		return fmt.Errorf("--collectors is %d: want 1 to %d", p.Collectors, MaxCollectors)
	}
	return nil
}

// Chain is a plan that was carried out: its broker and headquarters' database
// run, and its shops are enrolled.
type Chain struct {
	Broker   Broker
	HQ       Headquarters
	Shops    []Shop
	database *Database
	dir      string
}

// Start carries out a plan in a folder of its own. Call Stop when done.
func Start(ctx context.Context, p Plan) (_ *Chain, err error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mirrorcart-rig")
	if err != nil {
		return nil, err
	}
	c := &Chain{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if c.Broker, err = StartBroker(ctx, p); err != nil {
		return nil, err
	}
	if c.database, err = StartDatabase(ctx, p.Database, dir); err != nil {
		return nil, err
	}
	c.HQ = Headquarters{Database: c.database.URL, Key: newKey(), Broker: c.Broker.Addr(), Pace: p.Pace}
	for i := range p.Shops {
		node := shopName(i)
		c.Shops = append(c.Shops, Shop{
			Node: node, File: filepath.Join(dir, node, "shop.db"), Key: newKey(),
			HQ: c.HQ.Key.Public().(ed25519.PublicKey), Broker: c.Broker.Addr(), Pace: p.Pace,
		})
	}
	return c, c.enrol(ctx, p.Log)
}

// enrol makes the shops known at headquarters.
func (c *Chain) enrol(ctx context.Context, log *slog.Logger) error {
	h, err := c.HQ.Open(ctx, log)
	if err != nil {
		return err
	}
	for i := range c.Shops {
		if err := h.Enrol(ctx, c.Shops[i].node()); err != nil {
			return errors.Join(err, h.Close())
		}
	}
	return h.Close()
}

// Stop ends broker and database and deletes the chain's folder. What else runs
// on the chain must be stopped before.
func (c *Chain) Stop() error {
	var errs []error
	if c.Broker != nil {
		errs = append(errs, c.Broker.Stop())
	}
	if c.database != nil {
		errs = append(errs, c.database.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(c.dir))...)
}

func newKey() ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed) // never fails
	return ed25519.NewKeyFromSeed(seed)
}

// Running is something that runs until it is stopped or its context ends.
type Running struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
}

// Go begins to run f.
func Go(ctx context.Context, f func(context.Context) error) *Running {
	ctx, cancel := context.WithCancel(ctx)
	r := &Running{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.err = f(ctx)
	}()
	return r
}

// Stop ends it, waits for it and returns its error. It may be called again.
func (r *Running) Stop() error {
	r.cancel()
	<-r.ended
	return r.err
}

// dialer reaches the broker as everything on the chain does.
func dialer(broker, client string, log *slog.Logger) *mqtt.Dialer {
	return &mqtt.Dialer{Broker: "tcp://" + broker, ClientID: client, Username: client, Password: password, Log: log}
}
