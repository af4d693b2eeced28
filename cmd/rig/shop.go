package rig

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// Shop is who a shop's gateway is, where its database lies, and how it reaches
// headquarters. As JSON it can be told to another process.
type Shop struct {
	Node   string // and the shop's own name
	File   string // the database
	Key    ed25519.PrivateKey
	HQ     ed25519.PublicKey
	Broker string
	Pace   Pace
}

func (s *Shop) node() hq.Node {
	return hq.Node{Node: s.Node, Shop: s.Node, Key: s.Key.Public().(ed25519.PublicKey)}
}

// Open opens the shop's database, with a catalogue to sell from. Call Close
// when done.
func (s *Shop) Open(ctx context.Context, log *slog.Logger) (*sqlite.DB, error) {
	db, err := sqlite.Open(ctx, sqlite.Options{Path: s.File, Node: s.Node, Shop: s.Node, Till: "T1", Log: log})
	if err != nil {
		return nil, err
	}
	if err := db.PutRelease(ctx, release()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Dialer is the shop's line to the broker.
func (s *Shop) Dialer(log *slog.Logger) cloudsync.Dialer { return dialer(s.Broker, s.Node, log) }

// Uplink is the shop's line to headquarters; its Run starts it. outbox is db or
// stands before it.
func (s *Shop) Uplink(db *sqlite.DB, outbox edge.Outbox, d cloudsync.Dialer, log *slog.Logger) (*cloudsync.Uplink, error) {
	return cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: s.Node, Key: s.Key, HQ: []ed25519.PublicKey{s.HQ},
		Outbox: outbox, Archive: db, Commands: db, Recall: db, Dialer: d, Log: log,
		Backoff: s.Pace.Backoff, Resend: s.Pace.Resend,
	})
}
