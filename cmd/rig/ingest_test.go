package rig

import (
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/pgtemp"
)

func TestIngestMeasuresWhatIsTakenIn(t *testing.T) {
	for _, database := range []string{SQLite, Postgres} {
		t.Run(database, func(t *testing.T) {
			g := Ingest{Database: database, Events: 900, Collectors: 2, Log: slog.New(slog.DiscardHandler), Progress: io.Discard}
			r, err := g.Run(t.Context())
			if errors.Is(err, pgtemp.ErrMissing) {
				t.Skip(err)
			}
			require.NoError(t, err)
			const beginnings = 2 * 2 // each lane of each shop has one
			require.Equal(t, 900+beginnings, r.Events)
			require.Equal(t, Account{}, r.Account)
			require.Positive(t, min(r.EventsPerS, r.BytesPerEvent, r.AckMS.P50))
			require.GreaterOrEqual(t, r.AckMS.P99, r.AckMS.P50)
		})
	}
}
