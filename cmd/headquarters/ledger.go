package headquarters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// OpenLedger opens the ledger of a configuration, also beside a headquarters
// that runs, and enrols the configuration's gateways. Call Close when done. Run by
// root the process is from then on the owner of data_dir: root's files would be of no
// use to the service, and what root alone may read is to be opened before.
func OpenLedger(ctx context.Context, cfg *firmwarecfg.HQ, log *slog.Logger) (*hq.HQ, error) {
	if err := process.ActAsOwner(cfg.DataDir); err != nil {
		return nil, err
	}
	return openLedger(ctx, cfg, nil, nil, log)
}

// openLedger tells committed how long each transaction took.
func openLedger(ctx context.Context, cfg *firmwarecfg.HQ, committed func(time.Duration), refused func(hq.Refused, string), log *slog.Logger) (*hq.HQ, error) {
	key, err := firmwarecfg.LoadOrCreateKey(cfg.Key)
	if err != nil {
		return nil, err
	}
	database, err := cfg.DatabaseURL()
	if err != nil {
		return nil, err
	}
	if database == "" {
		if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
			return nil, fmt.Errorf("data_dir: %w", err)
		}
		database = ledgerFile(cfg)
	}
	places := map[string]edge.Place{}
	for _, of := range cfg.Chat.Shops {
		places[of.Shop] = edge.Place{Name: of.Name, Address: of.Address}
	}
	keys, err := process.PersonKeys(cfg.PersonKeys, cfg.Key)
	if err != nil {
		return nil, err
	}
	deleted := cfg.Deleted
	if deleted == "" {
		deleted = filepath.Join(filepath.Dir(cfg.Key), "deleted.ndjson")
	}
	signs, err := openAuthority(cfg)
	if err != nil {
		return nil, err
	}
	db, err := hq.Open(ctx, hq.Options{
		Persons: keys, Deleted: deleted, Path: database, Key: key, Now: time.Now, NewID: uuid.NewString, Log: log,
		Places: places, Committed: committed, Refused: refused, Authority: signs,
	})
	if err != nil {
		return nil, err
	}
	if err := enrol(ctx, cfg, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// ledgerFile is where the ledger lies that is in no PostgreSQL.
func ledgerFile(cfg *firmwarecfg.HQ) string { return filepath.Join(cfg.DataDir, "hq.db") }

func enrol(ctx context.Context, cfg *firmwarecfg.HQ, db *hq.HQ) error {
	for _, n := range cfg.Nodes {
		key, err := firmwarecfg.ParsePublicKey(n.Key)
		if err == nil {
			err = db.Enrol(ctx, hq.Node{Node: n.Name, Shop: n.Shop, Key: key})
		}
		if err != nil {
			return fmt.Errorf("enrol %s: %w", n.Name, err)
		}
	}
	return nil
}
