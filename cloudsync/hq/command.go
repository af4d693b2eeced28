package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	commandLife = 24 * time.Hour      // a node that was down so long is not asked any more
	keepCommand = 30 * 24 * time.Hour // for people to look at
	maxWaiting  = 100                 // commands of one node that are not over
)

// Statuses of a command that only HQ gives; the others are the node's own
// (cloudsync.CmdStatus).
const (
	CommandQueued  cloudsync.CmdStatus = "queued"  // waits for the node to be there
	CommandSent    cloudsync.CmdStatus = "sent"    // no answer yet
	CommandExpired cloudsync.CmdStatus = "expired" // the node did not begin, or fell silent
)

// Command is something that HQ asked of a node, and how it stands.
type Command struct {
	ID      string              `json:"id"`
	Node    string              `json:"node"`
	Op      cloudsync.Op        `json:"op"`
	Args    cloudsync.Args      `json:"args"`
	Created time.Time           `json:"created"`
	Exp     time.Time           `json:"exp"`   // not begun after this
	Heard   time.Time           `json:"heard"` // the node's last answer; zero before the first
	Status  cloudsync.CmdStatus `json:"status"`
	Done    uint64              `json:"done"` // of Total, which is 0 until the node has begun
	Total   uint64              `json:"total"`
	Message string              `json:"message"` // the node's, for people
	Over    bool                `json:"over"`    // the status will not change any more
}

// Command asks a node to do something, now if it is there or as soon as it is
// within a day. It returns the command's id at once; CommandByID tells how it
// stands. What is sent again arrives on the usual way; digests, snapshot and
// diagnostics are CommandResult's.
//
// Arguments that do not fit op are an edge.Error of kind Invalid, an unknown
// node is NotFound, and a node with too many commands waiting a Conflict.
func (h *HQ) Command(ctx context.Context, node string, op cloudsync.Op, args cloudsync.Args) (id string, err error) {
	var o *order
	err = h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		o, err = h.order(ctx, tx, node, op, args)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hq.Command: %w", err)
	}
	h.ordered(o)
	return o.id, nil
}

// order is a command that a transaction stored. Once that is committed, ordered
// has to be told.
type order struct {
	id, node string
	op       cloudsync.Op
	args     string
}

// order stores a command, with the errors of Command.
func (h *HQ) order(ctx context.Context, tx *sql.Tx, node string, op cloudsync.Op, args cloudsync.Args) (*order, error) {
	const where = "hq.order"
	if err := args.Check(op); err != nil {
		return nil, err
	}
	u, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	now := h.now()
	if err := sweepCommands(ctx, tx, now); err != nil {
		return nil, err
	}
	var waiting int
	const count = "select (select count(*) from command c where c.node = n.node and c.over = 0) from node n where n.node = $1"
	switch err := tx.QueryRowContext(ctx, count, node).Scan(&waiting); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, edge.Errorf(where, edge.NotFound, "no gateway %.70q is enrolled", node)
	case err != nil:
		return nil, err
	case waiting >= maxWaiting:
		return nil, edge.Errorf(where, edge.Conflict, "%d commands wait for %s already: wait until some are done", waiting, node)
	}
	const q = "insert into command (id, node, op, args, created, exp, status) values ($1, $2, $3, $4, $5, $6, $7)"
	_, err = tx.ExecContext(ctx, q, u.String(), node, op, string(body), now.UnixMilli(), now.Add(commandLife).UnixMilli(), CommandQueued)
	return &order{u.String(), node, op, string(body)}, err
}

// ordered lets commands that are stored be sent.
func (h *HQ) ordered(list ...*order) {
	for _, o := range list {
		h.log.Info("command", "audit", true, "id", o.id, "node", o.node, "op", o.op, "args", o.args)
	}
	h.commands.tell("")
}

// sweepCommands deletes old commands, and ends those that nobody will answer.
func sweepCommands(ctx context.Context, tx *sql.Tx, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "delete from command where created < $1", now.Add(-keepCommand).UnixMilli()); err != nil {
		return err
	}
	const end = "update command set over = 1, status = $1 where over = 0 and exp < $2 and heard < $3"
	_, err := tx.ExecContext(ctx, end, CommandExpired, now.UnixMilli(), now.Add(-silence).UnixMilli())
	return err
}

// CommandByID finds a command; an edge.Error of kind NotFound where there is
// none.
func (h *HQ) CommandByID(ctx context.Context, id string) (*Command, error) {
	list, err := h.commandList(ctx, "where id = $1", id)
	if err != nil {
		return nil, fmt.Errorf("hq.CommandByID: %w", err)
	}
	if len(list) == 0 {
		return nil, edge.Errorf("hq.CommandByID", edge.NotFound, "no command %.40q is known here", id)
	}
	return &list[0], nil
}

// Commands lists the newest commands of a node, or of all where node is empty,
// newest first, at most limit (1 to 1000).
func (h *HQ) Commands(ctx context.Context, node string, limit int) ([]Command, error) {
	list, err := h.commandList(ctx, "where node = $1 or $1 = '' order by created desc, id desc limit $2", node, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("hq.Commands: %w", err)
	}
	return list, nil
}

func (h *HQ) commandList(ctx context.Context, tail string, args ...any) ([]Command, error) {
	const q = "select id, node, op, args, created, exp, heard, status, done, total, message, over from command "
	rows, err := h.db.Read.QueryContext(ctx, q+tail, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Command{}
	for rows.Next() {
		c, err := h.scanCommand(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

func (h *HQ) scanCommand(rows *sql.Rows) (c Command, err error) {
	var args string
	var created, exp, heard, over int64
	err = rows.Scan(&c.ID, &c.Node, &c.Op, &args, &created, &exp, &heard, &c.Status, &c.Done, &c.Total, &c.Message, &over)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(args), &c.Args); err != nil {
		return c, fmt.Errorf("arguments of command %s: %w", c.ID, err)
	}
	c.Created, c.Exp, c.Heard, c.Over = database.Time(created), database.Time(exp), database.Time(heard), over != 0
	if !c.Over && lapsed(c.Exp, c.Heard, h.now()) {
		c.Status, c.Over = CommandExpired, true
	}
	return c, nil
}

// lapsed reports whether a command will not be done any more: its time is over
// and the node is not at it.
func lapsed(exp, heard, now time.Time) bool {
	return now.After(exp) && now.Sub(heard) > silence
}

// CommandResult is what the node answered to a command, in order: parts of the
// digests or of the snapshot, or one diagnosis. It is whole once the status is
// done.
func (h *HQ) CommandResult(ctx context.Context, id string) ([]cloudsync.Result, error) {
	const op = "hq.CommandResult"
	rows, err := h.db.Read.QueryContext(ctx, "select body from command_part where command = $1 order by part", id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []cloudsync.Result{}
	for rows.Next() {
		var body []byte
		var r cloudsync.Result
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if err := json.Unmarshal(body, &r); err != nil {
			return nil, fmt.Errorf("%s: part of %s: %w", op, id, err)
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return list, nil
}
