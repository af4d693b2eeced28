package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// askAgain is after how long a node that has answered and is not done is asked
// how far it is.
const askAgain = 30 * time.Second

// dueCommands seals the commands that connected nodes should be told now:
// those they have not answered for resend, and those at which they have been
// silent. Of several collectors one gets each.
func (h *HQ) dueCommands(ctx context.Context, resend time.Duration) ([]cloudsync.Message, error) {
	const q = `select c.id, c.node, c.op, c.args, c.exp, n.up, n.since, n.seen from command c join node n on n.node = c.node
		where c.over = 0 and c.exp > $1 and c.sent <= $2 and (c.heard = 0 or c.heard <= $3 and c.sent <= $3)
		order by c.created, c.id`
	now := h.now()
	rows, err := h.db.Read.QueryContext(ctx, q, now.UnixMilli(), now.Add(-resend).UnixMilli(), now.Add(-askAgain).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("hq.dueCommands: %w", err)
	}
	defer rows.Close()
	var due []cloudsync.Cmd
	for rows.Next() {
		var c cloudsync.Cmd
		var args string
		var exp, since, seen int64
		var up bool
		if err := rows.Scan(&c.ID, &c.Node, &c.Op, &args, &exp, &up, &since, &seen); err != nil {
			return nil, fmt.Errorf("hq.dueCommands: %w", err)
		}
		if err := json.Unmarshal([]byte(args), &c.Args); err != nil {
			return nil, fmt.Errorf("hq.dueCommands: arguments of command %s: %w", c.ID, err)
		}
		c.Exp = database.Time(exp)
		if connected(up, database.Time(since), database.Time(seen), now) {
			due = append(due, c)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("hq.dueCommands: %w", err)
	}
	return h.claimCommands(ctx, due, now, resend)
}

// claimCommands notes that the commands are sent now, and seals those that
// nobody else has sent meanwhile.
func (h *HQ) claimCommands(ctx context.Context, due []cloudsync.Cmd, now time.Time, resend time.Duration) ([]cloudsync.Message, error) {
	const claim = `update command set sent = $1, status = case when status = $2 then $3 else status end
		where id = $4 and sent <= $5 and over = 0`
	var list []cloudsync.Message
	for i := range due {
		c := &due[i]
		res, err := h.db.Write.ExecContext(ctx, claim, now.UnixMilli(), CommandQueued, CommandSent, c.ID, now.Add(-resend).UnixMilli())
		if err != nil {
			return list, fmt.Errorf("hq.claimCommands: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			continue
		}
		m, err := h.sealCommand(c)
		if err != nil {
			return list, fmt.Errorf("hq.claimCommands: %w", err)
		}
		list = append(list, m)
		h.commands.tell(c.ID)
	}
	return list, nil
}

func (h *HQ) sealCommand(c *cloudsync.Cmd) (cloudsync.Message, error) {
	body, err := c.Encode()
	if err != nil {
		return cloudsync.Message{}, err
	}
	topic := cloudsync.Topic{Node: c.Node, Branch: cloudsync.BranchCmd}.String()
	return cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(h.key, cloudsync.KindCmd, topic, body)}, nil
}

// answered takes a node's answer to a command. Answers come in any order and
// more than once; progress never goes back, and what is over stays.
func (h *HQ) answered(ctx context.Context, t cloudsync.Topic, payload []byte) error {
	const op = "hq.answered"
	body, err := h.authentic(ctx, cloudsync.KindRsp, t, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	r, err := h.codec.DecodeRsp(body)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if r.Node != t.Node {
		return &cloudsync.RefusalError{Op: op, Code: cloudsync.RefusedForged, Msg: fmt.Sprintf("an answer of %s came on %s", r.Node, t)}
	}
	known := true
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		known = true
		err := h.storeAnswer(ctx, tx, r)
		if errors.Is(err, sql.ErrNoRows) {
			known = false
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if !known {
		h.log.Info("an answer to a command that is not known here", "node", r.Node, "id", r.ID)
	}
	h.commands.tell(r.ID)
	return nil
}

// standing is a command's row as an answer finds it.
type standing struct {
	status, ending cloudsync.CmdStatus
	done, total    uint64
	parts, over    int
	message        string
}

func (h *HQ) storeAnswer(ctx context.Context, tx *sql.Tx, r *cloudsync.Rsp) error {
	if _, err := tx.ExecContext(ctx, "update node set seen = $1 where node = $2", h.nowMillis(), r.Node); err != nil {
		return err
	}
	var s standing
	const read = "select status, ending, done, total, parts, over, message from command where id = $1 and node = $2"
	err := tx.QueryRowContext(ctx, read, r.ID, r.Node).Scan(&s.status, &s.ending, &s.done, &s.total, &s.parts, &s.over, &s.message)
	if err != nil || s.over != 0 {
		return err
	}
	if r.Part > 0 {
		if err := storePart(ctx, tx, r); err != nil {
			return err
		}
	}
	s.take(r)
	if s.ending == cloudsync.CmdDone {
		var held int
		if err := tx.QueryRowContext(ctx, "select count(*) from command_part where command = $1", r.ID).Scan(&held); err != nil {
			return err
		}
		if held >= s.parts {
			s.status, s.over = s.ending, 1
		}
	}
	const store = `update command set status = $1, ending = $2, done = $3, total = $4, parts = $5, over = $6, message = $7, heard = $8
		where id = $9`
	_, err = tx.ExecContext(ctx, store, s.status, s.ending, int64(s.done), int64(s.total), s.parts, s.over, s.message, h.nowMillis(), r.ID)
	return err
}

func storePart(ctx context.Context, tx *sql.Tx, r *cloudsync.Rsp) error {
	body, err := json.Marshal(r.Result)
	if err != nil {
		return err
	}
	const q = "insert into command_part (command, part, body) values ($1, $2, $3) on conflict (command, part) do nothing"
	_, err = tx.ExecContext(ctx, q, r.ID, r.Part, body)
	return err
}

// take works an answer in. Where the node is done but parts are on their way,
// the command goes on running.
func (s *standing) take(r *cloudsync.Rsp) {
	s.done, s.total = max(s.done, r.Done), max(s.total, r.Total)
	if r.Message != "" {
		s.message = r.Message
	}
	switch {
	case r.Status == cloudsync.CmdDone:
		s.status, s.ending, s.parts = cloudsync.CmdRunning, r.Status, r.Parts
	case r.Status.Final():
		s.status, s.over = r.Status, 1
	case r.Status == cloudsync.CmdRunning || s.status != cloudsync.CmdRunning:
		s.status = r.Status
	}
}

// sampled keeps a node's sample as its last one.
func (h *HQ) sampled(ctx context.Context, t cloudsync.Topic, payload []byte) error {
	const op = "hq.sampled"
	body, err := h.authentic(ctx, cloudsync.KindSample, t, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	s, err := cloudsync.DecodeSample(body)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if s.Node != t.Node {
		return &cloudsync.RefusalError{Op: op, Code: cloudsync.RefusedForged, Msg: fmt.Sprintf("a sample of %s came on %s", s.Node, t)}
	}
	now := h.nowMillis()
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		const q = `insert into telemetry (node, received, body) values ($1, $2, $3)
			on conflict (node) do update set received = excluded.received, body = excluded.body`
		if _, err := tx.ExecContext(ctx, q, s.Node, now, body); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "update node set seen = $1 where node = $2", now, s.Node)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.changed.tell(struct{}{})
	return nil
}

// LastSample is the newest telemetry of a node and when it came; an edge.Error
// of kind NotFound where none has come.
func (h *HQ) LastSample(ctx context.Context, node string) (s *cloudsync.Sample, received time.Time, err error) {
	const op = "hq.LastSample"
	var at int64
	var body []byte
	err = h.db.Read.QueryRowContext(ctx, "select received, body from telemetry where node = $1", node).Scan(&at, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, edge.Errorf(op, edge.NotFound, "no telemetry of %.70q has come", node)
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%s: %w", op, err)
	}
	if s, err = cloudsync.DecodeSample(body); err != nil {
		return nil, time.Time{}, fmt.Errorf("%s: %w", op, err)
	}
	return s, database.Time(at), nil
}
