package hq

import (
	"context"
	"database/sql"
	"errors"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// situation is what a message tells of how things stand, filled in when it is
// sent: one that waits for a shop without a line is as fresh as any when it
// goes, and needs no room meanwhile. Whatever changes after it was sent has a
// message of its own, so the shop ends where HQ is.
type situation struct {
	Releases []uint32    `json:"releases,omitempty"` // versions
	Staff    bool        `json:"staff,omitempty"`
	Stock    *stockRange `json:"stock,omitempty"`
	Persons  []string    `json:"persons,omitempty"` // ids of what is asked about them
}

func (h *HQ) queueSituation(ctx context.Context, tx *sql.Tx, node string, s situation) error {
	return h.queue(ctx, tx, node, queued{Situation: &s})
}

// queueAll tells a node all that stands: it is new, has moved to another shop,
// or was put back to a backup.
func (h *HQ) queueAll(ctx context.Context, tx *sql.Tx, node string) error {
	var s situation
	versions, err := h.issuedToTell(ctx, tx)
	if err != nil {
		return err
	}
	s.Releases = versions
	var people int
	const staff = "select count(*) from staff s join node n on n.shop = s.shop where n.node = $1"
	if err := tx.QueryRowContext(ctx, staff, node).Scan(&people); err != nil {
		return err
	}
	s.Staff = people > 0
	if len(s.Releases) > 0 || s.Staff {
		if err := h.queueSituation(ctx, tx, node, s); err != nil {
			return err
		}
	}
	if err := h.queueDeletions(ctx, tx, node); err != nil {
		return err
	}
	return h.queueStock(ctx, tx, node, 0)
}

// issuedToTell lists the issued release in force and those to come.
func (h *HQ) issuedToTell(ctx context.Context, tx *sql.Tx) ([]uint32, error) {
	const q = `select version from release where issued > 0 and version >=
		(select coalesce(max(version), 0) from release where issued > 0 and effective <= $1) order by version limit 20`
	rows, err := tx.QueryContext(ctx, q, h.nowMillis())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []uint32
	for rows.Next() {
		var v uint32
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// parts says how things stand now. What cannot be told is logged and left out.
func (h *HQ) parts(ctx context.Context, node string, s *situation) []cloudsync.Part {
	var list []cloudsync.Part
	add := func(p cloudsync.Part, err error) {
		if err != nil {
			h.log.Error("part of a message left out", "node", node, "error", err)
			return
		}
		list = append(list, p)
	}
	for _, version := range s.Releases {
		r, err := signedRelease(ctx, h.db.Read, version)
		if err != nil {
			add(cloudsync.Part{}, err)
			continue
		}
		add(cloudsync.NewReleasePart(r))
	}
	if s.Staff {
		add(h.staffPart(ctx, node))
	}
	for _, id := range s.Persons {
		a, err := h.readAsk(ctx, id)
		if errors.Is(err, sql.ErrNoRows) {
			continue // an export that was forgotten since
		}
		if err != nil {
			add(cloudsync.Part{}, err)
			continue
		}
		add(cloudsync.NewPart(cloudsync.PartPerson, a))
	}
	if s.Stock != nil {
		shops, err := h.figures(ctx, s.Stock)
		if err != nil {
			add(cloudsync.Part{}, err)
		}
		for i := range shops {
			add(cloudsync.NewPart(cloudsync.PartStock, &shops[i]))
		}
	}
	return list
}
