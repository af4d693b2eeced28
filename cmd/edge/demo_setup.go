package main

import (
	"context"
	"errors"
)

// openGateway makes the gateway with what /setup has changed.
func (d *demo) openGateway(ctx context.Context) (err error) {
	cfg := *d.options.cfg
	if err := cfg.LayOverSetup(nil); err != nil {
		return err
	}
	options := d.options
	options.cfg = &cfg
	if d.gateway, err = newGateway(ctx, options); err != nil {
		return err
	}
	return d.addPage()
}

// runGateway runs the gateway, anew whenever /setup has changed it.
func (d *demo) runGateway(ctx context.Context) error {
	if err := d.claim(ctx); err != nil {
		return err
	}
	for {
		err := d.gateway.run(ctx)
		if !errors.Is(err, errRestart) {
			return err
		}
		if err := d.gateway.close(); err != nil {
			return err
		}
		if err := d.openGateway(ctx); err != nil {
			return err
		}
	}
}
