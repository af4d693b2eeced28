package rig

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/pgtemp"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
)

// Headquarters' databases.
const (
	SQLite   = "sqlite"
	Postgres = "postgres" // a server of its own
)

// Database is an empty database for headquarters.
type Database struct {
	URL    string // or a file
	server *pgtemp.Server
}

// StartDatabase makes a database of the kind; a file lies in dir.
func StartDatabase(ctx context.Context, kind, dir string) (*Database, error) {
	if kind == SQLite {
		return &Database{URL: filepath.Join(dir, "hq.db")}, nil
	}
	server, err := pgtemp.Start(ctx)
	if err != nil {
		return nil, err
	}
	url, err := server.Create(ctx, "hq")
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return &Database{URL: url, server: server}, nil
}

// Stop ends the server, if there is one.
func (d *Database) Stop() error {
	if d.server == nil {
		return nil
	}
	return d.server.Stop()
}

// Headquarters is who headquarters is, where its ledger lies, and which broker
// it hears. As JSON it can be told to another process.
type Headquarters struct {
	Database string
	Key      ed25519.PrivateKey
	Broker   string
	Pace     Pace
}

// Open opens headquarters' ledger. Call Close when done.
func (q Headquarters) Open(ctx context.Context, log *slog.Logger) (*hq.HQ, error) {
	return hq.Open(ctx, hq.Options{Path: q.Database, Key: q.Key, Now: time.Now, NewID: uuid.NewString, Log: log})
}

// Collector is one that takes in a share of all that comes into h, under a name
// that no other one has; its Run starts it.
func (q Headquarters) Collector(h *hq.HQ, name string, log *slog.Logger) *hq.Collector {
	d := dialer(q.Broker, name, log)
	d.Queue = mqtt.ManyShops
	return hq.NewCollector(hq.CollectorConfig{
		HQ: h, Dialer: d, Log: log, Backoff: q.Pace.Backoff, Resend: q.Pace.Resend,
	})
}
