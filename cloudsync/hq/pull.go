package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Kinds of pulls.
const (
	PullRange       = "range"       // the events of a time or of a run of numbers once more
	PullDigest      = "digest"      // compares, and then pulls what differs
	PullSnapshot    = "snapshot"    // stock, open carts, receipt series and marks
	PullDiagnostics = "diagnostics" // how the gateways are
)

// Phases of a pull.
const (
	PullWaiting   = "waiting"   // for the shop to be there
	PullComparing = "comparing" // the shop makes its digests
	PullSending   = "sending"
	PullDone      = "done"
	PullFailed    = "failed" // a gateway refused, failed, or was not there in time
)

// PullRequest is what a person wants of a shop. From and To of a range are
// moments or numbers of events.
type PullRequest struct {
	Shop     string    `json:"shop"`
	Node     string    `json:"node,omitempty"` // empty: all gateways of the shop
	Kind     string    `json:"kind"`
	Lane     edge.Lane `json:"lane,omitempty"`     // empty: both, but with numbers the sale lane
	FromSeq  uint64    `json:"from_seq,omitempty"` // numbers of events in the present epoch
	ToSeq    uint64    `json:"to_seq,omitempty"`   // 0: up to the newest
	FromTime time.Time `json:"from_time,omitzero"` // by the shop's clock
	ToTime   time.Time `json:"to_time,omitzero"`   // none: up to the newest
}

// Pull is something that was asked of a shop, and how it stands.
type Pull struct {
	PullRequest
	ID        string    `json:"id"`
	Created   time.Time `json:"created"`
	Phase     string    `json:"phase"`
	Done      uint64    `json:"done"`      // events, or entries of a snapshot, of this phase
	Total     uint64    `json:"total"`     // 0 while that is not known
	Differing int       `json:"differing"` // blocks of 1,000 events that did not agree
	Message   string    `json:"message"`   // for people: what went wrong
	Over      bool      `json:"over"`      // the phase will not change any more
	Commands  []Command `json:"commands"`
}

// pullBody is what is stored of a pull.
type pullBody struct {
	PullRequest
	Commands  []string `json:"commands"`
	Compared  []string `json:"compared,omitempty"` // digests whose differences are asked for
	Differing int      `json:"differing,omitempty"`
	Fault     string   `json:"fault,omitempty"` // why not all that differs is asked for
}

// pullRow is a pull as it is stored.
type pullRow struct {
	pullBody
	text    string // of the body
	id      string
	created time.Time
	over    bool
}

// Pull asks a shop for something, now if it is there or as soon as it is within
// a day, and returns at once. PullByID tells how it stands; RunPulls sees it
// through.
//
// A request that makes no sense is an edge.Error of kind Invalid, an unknown
// shop is NotFound, and a shop of which too much is asked already a Conflict.
func (h *HQ) Pull(ctx context.Context, r PullRequest) (id string, err error) {
	const op = "hq.Pull"
	if err := r.check(); err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	nodes, err := h.nodesOf(ctx, r.Shop, r.Node)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	u, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	var wanted []asked
	for _, node := range nodes {
		list, err := h.wanted(ctx, node, r)
		if err != nil {
			return "", fmt.Errorf("%s: %w", op, err)
		}
		wanted = append(wanted, list...)
	}
	var orders []*order
	err = h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		p := pullBody{PullRequest: r}
		if orders, err = h.orderAll(ctx, tx, wanted); err != nil {
			return err
		}
		p.ask(orders)
		body, err := json.Marshal(p)
		if err != nil {
			return err
		}
		const q = "insert into pull (id, shop, created, body) values ($1, $2, $3, $4)"
		_, err = tx.ExecContext(ctx, q, u.String(), r.Shop, h.nowMillis(), string(body))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	h.ordered(orders...)
	return u.String(), nil
}

// ask notes the commands that the pull became.
func (p *pullBody) ask(orders []*order) {
	for _, o := range orders {
		p.Commands = append(p.Commands, o.id)
	}
}

// orderAll stores commands. Where one cannot be, those before it are returned
// with the error.
func (h *HQ) orderAll(ctx context.Context, tx *sql.Tx, wanted []asked) (list []*order, err error) {
	for _, a := range wanted {
		o, err := h.order(ctx, tx, a.node, a.op, a.args)
		if err != nil {
			return list, err
		}
		list = append(list, o)
	}
	return list, nil
}

func (r *PullRequest) check() error {
	bad := func(format string, args ...any) error {
		return edge.Errorf("hq.PullRequest", edge.Invalid, format, args...)
	}
	numbers, times := r.FromSeq != 0 || r.ToSeq != 0, !r.FromTime.IsZero() || !r.ToTime.IsZero()
	switch {
	case !slices.Contains([]string{PullRange, PullDigest, PullSnapshot, PullDiagnostics}, r.Kind):
		return bad("there is no pull %.20q: use range, digest, snapshot or diagnostics", r.Kind)
	case r.Lane != "" && !slices.Contains(edge.Lanes(), r.Lane):
		return bad("lane %.20q: use one of %v", r.Lane, edge.Lanes())
	case numbers && times:
		return bad("from and to are both times or both numbers of events")
	case r.Kind == PullRange && r.FromSeq == 0 && r.FromTime.IsZero():
		return bad("a range begins somewhere: set from, to a time or to a number of an event from 1 on")
	case r.Kind == PullDigest && times:
		return bad("digests are compared by numbers of events: leave out the times")
	case (r.Kind == PullSnapshot || r.Kind == PullDiagnostics) && (numbers || times || r.Lane != ""):
		return bad("a %s has no range: leave out from, to and lane", r.Kind)
	case r.ToSeq != 0 && r.ToSeq < r.FromSeq || !r.ToTime.IsZero() && r.ToTime.Before(r.FromTime):
		return bad("the range ends before it begins")
	}
	return nil
}

// nodesOf lists the gateways of a shop, or the one that is wanted of it.
func (h *HQ) nodesOf(ctx context.Context, shop, node string) ([]string, error) {
	const q = "select node from node where shop = $1 and (node = $2 or $2 = '') order by node"
	rows, err := h.db.Read.QueryContext(ctx, q, shop, node)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		what := fmt.Sprintf("no shop %.70q", shop)
		if node != "" {
			what = fmt.Sprintf("no gateway %.70q of shop %.70q", node, shop)
		}
		return nil, edge.Errorf("hq.nodesOf", edge.NotFound, "%s is enrolled", what)
	}
	return list, nil
}

// asked is a command that a pull becomes.
type asked struct {
	node string
	op   cloudsync.Op
	args cloudsync.Args
}

// wanted lists what to ask of a gateway.
func (h *HQ) wanted(ctx context.Context, node string, r PullRequest) (list []asked, err error) {
	switch r.Kind {
	case PullSnapshot:
		return []asked{{node: node, op: cloudsync.OpSnapshot}}, nil
	case PullDiagnostics:
		return []asked{{node: node, op: cloudsync.OpDiagnostics}}, nil
	}
	lanes := edge.Lanes()
	if r.Lane != "" {
		lanes = []edge.Lane{r.Lane}
	} else if r.FromSeq != 0 || r.ToSeq != 0 {
		lanes = []edge.Lane{edge.LaneSale}
	}
	for _, lane := range lanes {
		args := cloudsync.Args{Lane: lane, From: r.FromSeq, To: r.ToSeq}
		switch {
		case r.Kind == PullDigest:
			list = append(list, asked{node, cloudsync.OpDigest, args})
		case r.FromSeq != 0:
			list = append(list, asked{node, cloudsync.OpRange, args})
		default:
			ranges, err := h.rangesWithin(ctx, node, lane, r.FromTime, r.ToTime)
			if err != nil {
				return nil, err
			}
			for _, args := range ranges {
				list = append(list, asked{node, cloudsync.OpRange, args})
			}
		}
	}
	return list, nil
}
