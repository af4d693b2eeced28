package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	pullEvery = 200 * time.Millisecond
	keepPull  = 30 * 24 * time.Hour // for people to look at
)

// RunPulls sees the pulls through until ctx ends: it asks for what differs once
// digests have come, and notes which are over. Several collectors may do it side
// by side.
func (h *HQ) RunPulls(ctx context.Context) {
	tick := time.NewTicker(pullEvery)
	defer tick.Stop()
	for {
		if err := h.stepPulls(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("pulls, trying again", "error", err)
			_ = pause(ctx, time.Second)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// stepPulls takes every open pull as far as it goes.
func (h *HQ) stepPulls(ctx context.Context) error {
	const op = "hq.stepPulls"
	ids, err := h.pullIDs(ctx, "select id from pull where over = 0 order by created")
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	for _, id := range ids {
		if err := h.stepPull(ctx, id); err != nil {
			return fmt.Errorf("%s: %s: %w", op, id, err)
		}
	}
	return nil
}

// stepPull asks for the differences that are known now and notes, in the same
// transaction, that it has. Where another collector did it meanwhile, nothing is
// done.
func (h *HQ) stepPull(ctx context.Context, id string) error {
	before, err := h.pullRow(ctx, id)
	if err != nil || before.over {
		return err
	}
	due, over, err := h.pullDue(ctx, before)
	if err != nil || len(due) == 0 && !over {
		return err
	}
	next := before.pullBody
	var wanted []asked
	for i := range due {
		list, differing, err := h.differences(ctx, &due[i])
		if err != nil {
			return err
		}
		wanted = append(wanted, list...)
		next.Compared, next.Differing = append(next.Compared, due[i].ID), next.Differing+differing
	}
	var orders []*order
	err = h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		orders, err = h.storeStep(ctx, tx, before, next, wanted, over)
		return err
	})
	if err == nil && len(orders) > 0 {
		h.ordered(orders...)
	}
	return err
}

func (h *HQ) storeStep(ctx context.Context, tx *sql.Tx, before *pullRow, next pullBody, wanted []asked, over bool) ([]*order, error) {
	var text string
	switch err := tx.QueryRowContext(ctx, "select body from pull where id = $1 and over = 0", before.id).Scan(&text); {
	case errors.Is(err, sql.ErrNoRows) || err == nil && text != before.text:
		return nil, nil // another collector was here
	case err != nil:
		return nil, err
	}
	orders, err := h.orderAll(ctx, tx, wanted)
	if edge.KindOf(err) == edge.Conflict && err != nil {
		next.Fault, err = err.Error(), nil
	}
	if err != nil {
		return nil, err
	}
	next.ask(orders)
	body, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, "update pull set over = $1, body = $2 where id = $3", toInt(over), string(body), before.id); err != nil || !over {
		return orders, err
	}
	_, err = tx.ExecContext(ctx, "delete from pull where over = 1 and created < $1", h.nowMillis()-keepPull.Milliseconds())
	return orders, err
}

// pullDue finds the digests of a pull that have come and are not compared yet.
// over says that nothing is waited for.
func (h *HQ) pullDue(ctx context.Context, p *pullRow) (due []Command, over bool, err error) {
	list, err := h.commandsOf(ctx, p)
	if err != nil {
		return nil, false, err
	}
	over = true
	for _, c := range list {
		if c.Op == cloudsync.OpDigest && c.Status == cloudsync.CmdDone && !slices.Contains(p.Compared, c.ID) {
			due = append(due, c)
		}
		over = over && c.Over
	}
	return due, over && len(due) == 0, nil
}

// differences compares digests and lists what to ask for because of them, and
// how many blocks differ.
func (h *HQ) differences(ctx context.Context, c *Command) (wanted []asked, differing int, err error) {
	blocks, err := h.CompareDigests(ctx, c.ID)
	if err != nil || len(blocks) == 0 {
		return nil, 0, err
	}
	parts, err := h.CommandResult(ctx, c.ID)
	if err != nil {
		return nil, 0, err
	}
	for _, run := range joinBlocks(blocks) {
		args := cloudsync.Args{Epoch: parts[0].Epoch, Lane: c.Args.Lane, From: run[0], To: run[1]}
		wanted = append(wanted, asked{c.Node, cloudsync.OpRange, args})
	}
	return wanted, len(blocks), nil
}

const maxRuns = 20 // commands that one lane's differences become

// joinBlocks makes few runs of many blocks: those that lie side by side are one,
// and where there are too many runs, what lies between is asked for as well.
func joinBlocks(blocks [][2]uint64) (runs [][2]uint64) {
	for apart := uint64(1); ; apart *= 4 {
		runs = nil
		for _, b := range blocks {
			if n := len(runs); n > 0 && b[0]-runs[n-1][1] <= apart {
				runs[n-1][1] = b[1]
			} else {
				runs = append(runs, b)
			}
		}
		if len(runs) <= maxRuns {
			return runs
		}
	}
}
