package photo

import (
	"context"
	"log/slog"
	"time"
)

// sweepEvery is how late a photo may be deleted after it has expired; it can no
// longer be opened from the moment it does.
const sweepEvery = 5 * time.Minute

// Run sweeps the folder now and then until ctx is done.
func (d *Dir) Run(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := d.Sweep(); err != nil {
				log.Error("expired photos could not be deleted", "err", err)
			}
		}
	}
}
