package hq

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const maxPage = 1000

// silence is how long a node may say nothing and still count as connected: an
// idle one asks for its mark every cloudsync.ProbeEvery, and two questions in a
// row may get lost.
const silence = 3 * cloudsync.ProbeEvery

// connected reports whether a node is there, by what it last said of its
// connection (up, since) and when anything of it was heard last. Its own word
// and its will are no witnesses alone: either is lost when the broker stops or
// no collector listens. A node that goes on talking after its farewell is there
// all the same; what arrives shortly after one may only have been on its way.
func connected(up bool, since, seen, now time.Time) bool {
	return now.Sub(seen) < silence && (up || seen.Sub(since) > cloudsync.ProbeEvery)
}

// Sale is a shop's sale as HQ knows it.
type Sale struct {
	Cursor   int64     `json:"cursor"` // for the next page
	Node     string    `json:"node"`
	Received time.Time `json:"received"` // by HQ's clock
	Sale     edge.Sale `json:"sale"`
}

// Shop is the state of one gateway.
type Shop struct {
	Node        string    `json:"node"`
	Shop        string    `json:"shop"`
	Up          bool      `json:"up"`         // connected: heard within the last 90 seconds, and no farewell since
	Since       time.Time `json:"since"`      // up or down since; zero before its first connection
	Seen        time.Time `json:"seen"`       // its last authentic message; zero before the first
	LastEvent   time.Time `json:"last_event"` // the shop's own clock; zero before the first
	LastSale    time.Time `json:"last_sale"`  // likewise
	Lanes       []Lane    `json:"lanes"`      // of the newest epoch
	Sales       int64     `json:"sales"`
	Waiting     int64     `json:"waiting"`     // downlink messages it has not confirmed
	Epochs      int64     `json:"epochs"`      // of its sales: receipt series
	Renewed     time.Time `json:"renewed"`     // when the newest of several began, by HQ's clock; zero where there is one
	Incidents   int64     `json:"incidents"`   // that last; of this and the next two those that nobody has dealt with
	Quarantined int64     `json:"quarantined"` // events that could not be used
	Differing   int64     `json:"differing"`   // records that do not add up with others
}

// Lane is how far HQ holds a lane.
type Lane struct {
	Lane  edge.Lane `json:"lane"`
	Epoch string    `json:"epoch"`
	Mark  uint64    `json:"mark"` // held without a gap
	Seen  uint64    `json:"seen"` // highest event held
}

// Sales lists sales after a cursor (0 for all), oldest first, at most limit
// (1 to 1000).
func (h *HQ) Sales(ctx context.Context, after int64, limit int) ([]Sale, error) {
	const q = "select pos, node, received, body from sale where pos > $1 order by pos limit $2"
	return h.sales(ctx, "hq.Sales", q, after, min(max(limit, 1), maxPage))
}

// LatestSales lists the sales that came last, or of a shop those that it made
// last, newest first, at most limit (1 to 1000).
func (h *HQ) LatestSales(ctx context.Context, shop string, limit int) ([]Sale, error) {
	const op = "hq.LatestSales"
	limit = min(max(limit, 1), maxPage)
	if shop == "" {
		return h.sales(ctx, op, "select pos, node, received, body from sale order by pos desc limit $1", limit)
	}
	return h.sales(ctx, op, "select pos, node, received, body from sale where shop = $1 order by at desc limit $2", shop, limit)
}

func (h *HQ) sales(ctx context.Context, op, query string, args ...any) ([]Sale, error) {
	rows, err := h.db.Read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Sale{}
	for rows.Next() {
		var s Sale
		var received int64
		var body []byte
		if err := rows.Scan(&s.Cursor, &s.Node, &received, &body); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if err := json2.Unmarshal(body, &s.Sale); err != nil {
			return nil, fmt.Errorf("%s: sale at %d: %w", op, s.Cursor, err)
		}
		s.Received = time.UnixMilli(received).UTC()
		list = append(list, s)
	}
	return list, rows.Err()
}

// Stock is what a shop has of each SKU by the moves HQ knows.
func (h *HQ) Stock(ctx context.Context, shop string) (map[edge.SKU]int64, error) {
	rows, err := h.db.Read.QueryContext(ctx, "select sku, quantity from stock where shop = $1", shop)
	if err != nil {
		return nil, fmt.Errorf("hq.Stock: %w", err)
	}
	defer rows.Close()
	stock := map[edge.SKU]int64{}
	for rows.Next() {
		var sku edge.SKU
		var n int64
		if err := rows.Scan(&sku, &n); err != nil {
			return nil, fmt.Errorf("hq.Stock: %w", err)
		}
		stock[sku] = n
	}
	return stock, rows.Err()
}

// Shops lists the enrolled gateways by shop and name. It looks nothing up that
// grows with what they sell: pages ask for it again and again.
func (h *HQ) Shops(ctx context.Context) ([]Shop, error) {
	const op = "hq.Shops"
	const q = `select n.node, n.shop, n.up, n.since, n.seen, 
		(select count(*) from down d where d.node = n.node and d.n > n.down_mark),
		(select coalesce(max((select i.time from inbox i where i.node = c.node and i.epoch = c.epoch and i.lane = c.lane and i.seq = c.mark)), 0)
			from cursor c where c.node = n.node),
		coalesce((select t.sales from node_total t where t.node = n.node), 0),
		coalesce((select t.last_at from turnover t where t.node = n.node and t.last_at > 0 order by t.slot desc limit 1), 0),
		(select count(*) from cursor c where c.node = n.node and c.lane = 'sale'),
		(select coalesce(max(c.opened), 0) from cursor c where c.node = n.node and c.lane = 'sale'),
		(select count(*) from incident x where x.node = n.node and ` + incidentWaits + `),
		(select count(*) from quarantine x where x.node = n.node and x.settled = 0),
		(select count(*) from discrepancy x where x.node = n.node and x.settled = 0)
		from node n order by n.shop, n.node`
	rows, err := h.db.Read.QueryContext(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	shops := []Shop{}
	for rows.Next() {
		var s Shop
		var since, seen, last, sold, renewed int64
		err := rows.Scan(&s.Node, &s.Shop, &s.Up, &since, &seen, &s.Waiting, &last, &s.Sales, &sold, &s.Epochs, &renewed, &s.Incidents, &s.Quarantined, &s.Differing)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		s.Since, s.Seen, s.LastEvent, s.LastSale = database.Time(since), database.Time(seen), database.Time(last), database.Time(sold)
		if s.Epochs > 1 {
			s.Renewed = database.Time(renewed)
		}
		up := connected(s.Up, s.Since, s.Seen, h.now())
		if s.Up && !up {
			s.Since = s.Seen
		}
		s.Up = up
		shops = append(shops, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	lanes, err := newestLanes(ctx, h.db.Read)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	for i := range shops {
		shops[i].Lanes = append([]Lane{}, lanes[shops[i].Node]...)
	}
	return shops, nil
}

// newestLanes reads the lanes of each node's newest epoch. Epochs are UUIDv7,
// but a shop's clock may be wrong: HQ's own clock says which is newest.
func newestLanes(ctx context.Context, db *sql.DB) (map[string][]Lane, error) {
	const q = `select node, lane, epoch, mark, max_seen from cursor c where opened =
		(select max(opened) from cursor d where d.node = c.node and d.lane = c.lane) order by node, lane desc`
	lanes := map[string][]Lane{}
	err := database.Select(ctx, db, q).Each(func(rows *sql.Rows) error {
		var node string
		var l Lane
		err := rows.Scan(&node, &l.Lane, &l.Epoch, &l.Mark, &l.Seen)
		lanes[node] = append(lanes[node], l)
		return err
	})
	return lanes, err
}
