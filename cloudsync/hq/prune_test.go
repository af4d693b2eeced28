package hq

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOldIncidentsAreForgottenOnceTheyAreOver(t *testing.T) {
	g := newGateway(t)
	day := 24 * time.Hour
	long := g.clock.Now().Add(-keepIncident - day)
	put := func(kind IncidentKind, opened, closed time.Time) {
		const q = "insert into incident (kind, node, epoch, lane, what, opened, closed) values ($1, '', '', '', 'x', $2, $3)"
		ms := int64(0)
		if !closed.IsZero() {
			ms = closed.UnixMilli()
		}
		_, err := g.hq.db.Write.ExecContext(t.Context(), q, string(kind), opened.UnixMilli(), ms)
		require.NoError(t, err)
	}
	put(IncidentGap, long.Add(-day), long)
	put(IncidentClone, long.Add(-day), long.Add(2*day))
	put(IncidentDiverged, long.Add(-day), time.Time{})
	dead := func(at time.Time) {
		const q = "insert into webhook_dead (name, first, last, error, body, at) values ('w', 1, 1, 'x', $1, $2)"
		_, err := g.hq.db.Write.ExecContext(t.Context(), q, []byte("{}"), at.UnixMilli())
		require.NoError(t, err)
	}
	dead(g.clock.Now().Add(-keepUndelivered - day))
	dead(g.clock.Now().Add(-keepUndelivered + day))
	require.NoError(t, g.hq.pruneTold(t.Context()))
	left, err := g.hq.Incidents(t.Context(), false, 10)
	require.NoError(t, err)
	require.Len(t, left, 2)
	require.Equal(t, []IncidentKind{IncidentDiverged, IncidentClone}, []IncidentKind{left[0].Kind, left[1].Kind})
	require.Len(t, table(t, g.hq, "webhook_dead", "n"), 1)
}
