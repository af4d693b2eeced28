package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// PullByID tells how a pull stands; an edge.Error of kind NotFound where there
// is none.
func (h *HQ) PullByID(ctx context.Context, id string) (*Pull, error) {
	const op = "hq.PullByID"
	row, err := h.pullRow(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	p := &Pull{PullRequest: row.PullRequest, ID: row.id, Created: row.created, Differing: row.Differing, Message: row.Fault}
	if p.Commands, err = h.commandsOf(ctx, row); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	p.sumUp(row.over)
	return p, nil
}

// Pulls lists the newest pulls of a shop, newest first, at most limit (1 to
// 1000).
func (h *HQ) Pulls(ctx context.Context, shop string, limit int) ([]Pull, error) {
	const op = "hq.Pulls"
	const q = "select id from pull where shop = $1 order by created desc, id desc limit $2"
	ids, err := h.pullIDs(ctx, q, shop, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	list := make([]Pull, 0, len(ids))
	for _, id := range ids {
		p, err := h.PullByID(ctx, id)
		if edge.KindOf(err) == edge.NotFound && err != nil { // forgotten just now
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		list = append(list, *p)
	}
	return list, nil
}

func (h *HQ) pullIDs(ctx context.Context, q string, args ...any) (ids []string, err error) {
	err = database.Select(ctx, h.db.Read, q, args...).Each(func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// commandsOf reads the commands of a pull, in the order they were asked. They
// are forgotten after a month.
func (h *HQ) commandsOf(ctx context.Context, p *pullRow) ([]Command, error) {
	if len(p.Commands) == 0 {
		return []Command{}, nil
	}
	var c conditions
	c.oneOf("id", p.Commands)
	return h.commandList(ctx, c.where()+" order by created, id", c.args...)
}

// sumUp finds the phase and how far it is.
func (p *Pull) sumUp(over bool) {
	op, begun := cloudsync.OpDigest, false
	for _, c := range p.Commands {
		begun = begun || c.Over || !c.Heard.IsZero()
		if c.Op != cloudsync.OpDigest {
			op = c.Op
		}
		if c.Over && c.Status != cloudsync.CmdDone && p.Message == "" {
			p.Message = fmt.Sprintf("%s: %s %s: %s", c.Node, c.Op, c.Status, c.Message)
		}
	}
	for _, c := range p.Commands {
		if c.Op == op || op != cloudsync.OpDigest && c.Op != cloudsync.OpDigest {
			p.Done, p.Total = p.Done+c.Done, p.Total+c.Total
		}
	}
	p.Over = over
	switch {
	case over && p.Message != "":
		p.Phase = PullFailed
	case over:
		p.Phase = PullDone
	case !begun:
		p.Phase = PullWaiting
	case op == cloudsync.OpDigest:
		p.Phase = PullComparing
	default:
		p.Phase = PullSending
	}
}

func (h *HQ) pullRow(ctx context.Context, id string) (*pullRow, error) {
	p := pullRow{id: id}
	var created int64
	err := h.db.Read.QueryRowContext(ctx, "select created, over, body from pull where id = $1", id).Scan(&created, &p.over, &p.text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("hq.pull", edge.NotFound, "no pull %.40q is known here", id)
	}
	if err != nil {
		return nil, err
	}
	p.created = database.Time(created)
	return &p, json.Unmarshal([]byte(p.text), &p.pullBody)
}
