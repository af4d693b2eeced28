package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// openLine opens the shop's line and puts it into the gateway's settings, over
// which those of --settings go.
func (d *demo) openLine(ctx context.Context, f *demoFlags, cfg *firmwarecfg.Edge) (err error) {
	if d.line, err = listenLine(ctx, d.broker.Addr().String(), strings.TrimPrefix(d.hq.DeviceURL(), "https://")); err != nil {
		return err
	}
	own := "mqtts://" + d.line.addr(0)
	cfg.HQ = firmwarecfg.Line{
		MQTT:      firmwarecfg.MQTT{URL: own},
		PublicURL: cmp.Or(f.publicURL, d.hqURL),
		Key:       firmwarecfg.FormatPublicKey(d.hq.DB.PublicKey()),
	}
	if f.settings != "" {
		if err := cfg.LayOver(f.settings, nil); err != nil {
			return err
		}
	}
	if cfg.HQ.MQTT.URL == own {
		cfg.HQ.Identity, cfg.HQ.IngestURL = filepath.Join(f.dir, "identity"), "https://"+d.line.addr(1)
	}
	return nil
}

// claim gets the gateway's certificate, if it has none yet, as soon as headquarters
// answers, which knows the gateway's key.
func (d *demo) claim(ctx context.Context) error {
	if d.gateway.identity == nil { // the settings name another broker
		return nil
	}
	if _, err := d.gateway.identity.Certificate(); !errors.Is(err, fs.ErrNotExist) {
		return nil // one that has run out is renewed
	}
	if _, err := d.gateway.identity.Claim(ctx, ""); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the demo's line: %w", err)
	}
	return nil
}
