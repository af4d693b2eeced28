package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// MatterKind says what waits for a person.
type MatterKind string

// The kinds of matter.
const (
	MatterIncident MatterKind = "incident" // what went wrong
	MatterEvent    MatterKind = "event"    // an event that was set aside
	MatterRecord   MatterKind = "record"   // a record that does not add up with others
)

// Matter is something that a person should look at. Incidents that tell of
// events set aside are left out: the events are matters themselves.
type Matter struct {
	Kind    MatterKind
	N       int64  // among those of its kind
	Of      string // an IncidentKind, an audit.Kind, or the type of the event where that is known
	Shop    string // '' where it concerns no single one
	Node    string
	Subject string // the lane and number of the event; the receipt or the Z report
	What    string
	Flaw    FlawKind // of an event
	At      time.Time
	Mended  time.Time // zero while it lasts; only incidents end by themselves
	Settled
}

// Settled says who has dealt with a matter and what they found; By is empty
// while nobody has.
type Settled struct {
	At   time.Time
	By   string
	Note string
}

// Waiting reports whether the matter still needs somebody.
func (m *Matter) Waiting() bool { return m.By == "" && m.Mended.IsZero() }

// incidentWaits is the condition for an incident x that still needs somebody.
const incidentWaits = "x.closed = 0 and x.settled = 0 and x.kind <> 'quarantine'"

// matterSQL is how a kind of matter is stored.
type matterSQL struct{ table, of, subject, what, flaw, at, closed, waits, all string }

func matterOf(k MatterKind) (matterSQL, error) {
	switch k {
	case MatterIncident:
		return matterSQL{"incident", "x.kind", "x.lane", "x.what", "''", "x.opened", "x.closed", incidentWaits, "x.kind <> 'quarantine'"}, nil
	case MatterEvent:
		const event = "coalesce((select i.type from inbox i where i.node = x.node and i.epoch = x.epoch and i.lane = x.lane and i.seq = x.seq), '')"
		return matterSQL{"quarantine", event, "x.lane || ' ' || x.seq", "x.reason", "x.kind", "x.at", "0", "x.settled = 0", "1 = 1"}, nil
	case MatterRecord:
		return matterSQL{"discrepancy", "x.kind", "x.subject", "x.message", "''", "x.at", "0", "x.settled = 0", "1 = 1"}, nil
	}
	return matterSQL{}, edge.Errorf("hq.matterOf", edge.NotFound, "there are no matters of kind %.20q", k)
}

// Matters lists the matters of a kind, those that wait first, of these the
// newest, at most limit (1 to 1000); of all shops where shop is empty.
func (h *HQ) Matters(ctx context.Context, kind MatterKind, shop string, limit int) ([]Matter, error) {
	const op = "hq.Matters"
	m, err := matterOf(kind)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	q := "select x.n, " + m.of + ", coalesce(n.shop, ''), x.node, " + m.subject + ", " + m.what + ", " + m.flaw + ", " + m.at + ", " + m.closed +
		", x.settled, x.settled_by, x.note from " + m.table + " x left join node n on n.node = x.node where ($1 = '' or n.shop = $1) and " + m.all +
		" order by case when " + m.waits + " then 0 else 1 end, x.n desc limit $2"
	list := []Matter{}
	err = database.Select(ctx, h.db.Read, q, shop, min(max(limit, 1), maxPage)).Each(func(rows *sql.Rows) error {
		x := Matter{Kind: kind}
		var at, closed, settled int64
		err := rows.Scan(&x.N, &x.Of, &x.Shop, &x.Node, &x.Subject, &x.What, &x.Flaw, &at, &closed, &settled, &x.By, &x.Note)
		x.At, x.Mended, x.Settled.At = database.Time(at), database.Time(closed), database.Time(settled)
		list = append(list, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return list, nil
}

// WaitingMatters counts what waits for a person, of all kinds.
func (h *HQ) WaitingMatters(ctx context.Context) (n int64, err error) {
	const q = `select (select count(*) from incident x where ` + incidentWaits + `) +
		(select count(*) from quarantine x where x.settled = 0) + (select count(*) from discrepancy x where x.settled = 0)`
	if err := h.db.Read.QueryRowContext(ctx, q).Scan(&n); err != nil {
		return 0, fmt.Errorf("hq.WaitingMatters: %w", err)
	}
	return n, nil
}

// SetAside is the event of a matter of kind MatterEvent as it came; an
// edge.Error of kind NotFound where there is none.
func (h *HQ) SetAside(ctx context.Context, n int64) (*cloudsync.Opaque, error) {
	const op = "hq.SetAside"
	var body []byte
	err := h.db.Read.QueryRowContext(ctx, "select body from quarantine where n = $1", n).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "no event %d was set aside", n)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var o cloudsync.Opaque
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, fmt.Errorf("%s: event %d: %w", op, n, err)
	}
	return &o, nil
}

const (
	maxName = 80   // characters of who settles a matter
	maxNote = 1000 // characters
)

// Settle notes that somebody has dealt with a matter, and what they found. A
// mismatch and a restored HQ are over with it, and the next one is another
// incident; what can be seen to last does so, settled, until it is mended.
//
// Without a name or a note, or where they are too long, the error is an
// edge.Error of kind Invalid; what is not there is NotFound, and what somebody
// has settled before a Conflict.
func (h *HQ) Settle(ctx context.Context, kind MatterKind, n int64, by, note string) error {
	const op = "hq.Settle"
	by, note = strings.TrimSpace(by), strings.TrimSpace(note)
	if by == "" || note == "" || utf8.RuneCountInString(by) > maxName || utf8.RuneCountInString(note) > maxNote || !database.Storable(by) || !database.Storable(note) {
		return edge.Errorf(op, edge.Invalid, "want a name of at most %d characters and a note of at most %d", maxName, maxNote)
	}
	m, err := matterOf(kind)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		var before string
		switch err := tx.QueryRowContext(ctx, "select settled_by from "+m.table+" where n = $1", n).Scan(&before); {
		case errors.Is(err, sql.ErrNoRows):
			return edge.Errorf(op, edge.NotFound, "there is no %s %d", kind, n)
		case err != nil:
			return err
		case before != "":
			return edge.Errorf(op, edge.Conflict, "%s has dealt with it already", before)
		}
		if _, err := tx.ExecContext(ctx, "update "+m.table+" set settled = $1, settled_by = $2, note = $3 where n = $4", h.nowMillis(), by, note, n); err != nil {
			return err
		}
		if kind != MatterIncident {
			return nil
		}
		_, err := tx.ExecContext(ctx, "update incident set closed = $1 where n = $2 and closed = 0 and kind in ('mismatch', 'restored')", h.nowMillis(), n)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("matter settled", "audit", true, "kind", kind, "n", n, "by", by)
	h.changed.tell(struct{}{})
	return nil
}
