package hq

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	pullEvery  = 200 * time.Millisecond
	pullWithin = time.Minute         // one step; after that another collector may try it
	keepPull   = 30 * 24 * time.Hour // for people to look at
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
	rows, err := h.read.QueryContext(ctx, "select id from pull where over = 0 order by created")
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	for _, id := range ids {
		if err := h.stepPull(ctx, id); err != nil {
			return fmt.Errorf("%s: %s: %w", op, id, err)
		}
	}
	return nil
}

func (h *HQ) stepPull(ctx context.Context, id string) error {
	_, due, over, err := h.pullDue(ctx, id)
	if err != nil || len(due) == 0 && !over {
		return err
	}
	now := h.nowMillis()
	res, err := h.write.ExecContext(ctx, "update pull set claimed = $1 where id = $2 and over = 0 and claimed <= $3", now, id, now-pullWithin.Milliseconds())
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err // another collector is at it
	}
	p, due, over, err := h.pullDue(ctx, id) // it may just have been
	if err != nil {
		return err
	}
	for _, c := range due {
		err := h.askForDifferences(ctx, p, c)
		if edge.KindOf(err) == edge.Conflict && err != nil {
			p.Fault, err = err.Error(), nil
		}
		if err != nil {
			return err
		}
	}
	body, err := json.Marshal(p.pullBody)
	if err != nil {
		return err
	}
	_, err = h.write.ExecContext(ctx, "update pull set claimed = 0, over = $1, body = $2 where id = $3", toInt(over), string(body), id)
	if err == nil && over {
		_, err = h.write.ExecContext(ctx, "delete from pull where over = 1 and created < $1", now-keepPull.Milliseconds())
	}
	return err
}

// pullDue finds the digests of a pull that have come and are not compared yet.
// over says that nothing is waited for.
func (h *HQ) pullDue(ctx context.Context, id string) (p *pullRow, due []*Command, over bool, err error) {
	if p, err = h.pullRow(ctx, id); err != nil || p.over {
		return p, nil, false, err
	}
	over = true
	for _, id := range p.Commands {
		c, err := h.CommandByID(ctx, id)
		if edge.KindOf(err) == edge.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, nil, false, err
		}
		if c.Op == cloudsync.OpDigest && c.Status == cloudsync.CmdDone && !slices.Contains(p.Compared, c.ID) {
			due = append(due, c)
		}
		over = over && c.Over
	}
	return p, due, over && len(due) == 0, nil
}

// askForDifferences compares digests and asks for the blocks that differ.
func (h *HQ) askForDifferences(ctx context.Context, p *pullRow, c *Command) error {
	blocks, err := h.CompareDigests(ctx, c.ID)
	if err != nil {
		return err
	}
	p.Compared, p.Differing = append(p.Compared, c.ID), p.Differing+len(blocks)
	if len(blocks) == 0 {
		return nil
	}
	parts, err := h.CommandResult(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, run := range joinBlocks(blocks) {
		args := cloudsync.Args{Epoch: parts[0].Epoch, Lane: c.Args.Lane, From: run[0], To: run[1]}
		id, err := h.Command(ctx, c.Node, cloudsync.OpRange, args)
		if err != nil {
			return err
		}
		p.Commands = append(p.Commands, id)
	}
	return nil
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
