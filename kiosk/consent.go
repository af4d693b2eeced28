package kiosk

import (
	"context"

	"github.com/mirrorcart/mirrorcart/edge"
)

// consents remembers what shoppers agreed to.
type consents interface {
	RecordConsent(ctx context.Context, c edge.Consent) error
}

// agreed records that a shopper agreed to something. Where that cannot be
// written the shopper goes on all the same, and the log says so.
func (k *Kiosk) agreed(ctx context.Context, to edge.Purpose, version string) {
	k.cfg.Log.InfoContext(ctx, "consent", "purpose", string(to), "version", version)
	if k.cfg.Consents == nil {
		return
	}
	ctx = context.WithoutCancel(ctx) // the page may have gone on
	if err := k.cfg.Consents.RecordConsent(ctx, edge.Consent{Purpose: to, Version: version, Place: k.cfg.Place}); err != nil {
		k.cfg.Log.ErrorContext(ctx, "the consent log was not written", "purpose", string(to), "err", err)
	}
}
