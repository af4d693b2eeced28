package hq

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// A page is read in windows of positions, so that a filter that fits nothing
// costs a bounded time: after windowsAtMost of them the page is given as it is.
const (
	readWindow    = 20_000 // positions
	windowsAtMost = 50
)

// Filter says what of the log is wanted; what is empty sets no bound.
type Filter struct {
	Shop, Node string
	Types      []string  // of the events, or the kinds of the receipts
	From       time.Time // by the shop's clock, included
	To         time.Time // not included
}

// empty reports whether all is wanted.
func (f Filter) empty() bool {
	return f.Shop == "" && f.Node == "" && len(f.Types) == 0 && f.From.IsZero() && f.To.IsZero()
}

// Span is how far a page went. Next is the position to go on from: it is given
// even where nothing fitted, and never lies beyond what was committed for good
// when the page was read. More says that there is more already.
type Span struct {
	Next int64
	More bool
}

// conditions are parts of a where clause and their arguments.
type conditions struct {
	parts []string
	args  []any
}

// add adds a condition; each ? in it stands for the next of args.
func (c *conditions) add(condition string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(c.args)), 1)
	}
	c.parts = append(c.parts, condition)
}

// oneOf adds that a column is one of a list.
func (c *conditions) oneOf(column string, list []string) {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(list)), ", ")
	args := make([]any, len(list))
	for i := range list {
		args[i] = list[i]
	}
	c.add(column+" in ("+marks+")", args...)
}

// between adds the bounds of a column of times.
func (c *conditions) between(column string, f Filter) {
	if !f.From.IsZero() {
		c.add(column+" >= ?", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		c.add(column+" < ?", f.To.UnixMilli())
	}
}

func (c *conditions) where() string { return " where " + strings.Join(c.parts, " and ") }

// placed is a row that has a position.
type placed interface{ position() int64 }

// FoundEvent is an event and the shop that it is of.
type FoundEvent struct {
	Record
	Shop string
}

func (e FoundEvent) position() int64 { return e.Cursor }

// window reads at most limit rows of the positions after to upTo, in order.
type window[T placed] func(after, upTo int64, limit int) ([]T, error)

// page reads windows until limit rows are found or end is reached. end must
// have been read before.
func page[T placed](after, end int64, limit int, size int64, read window[T]) ([]T, Span, error) {
	list := []T{}
	for range windowsAtMost {
		if after >= end {
			break
		}
		upTo := min(end, after+size)
		some, err := read(after, upTo, limit-len(list))
		if err != nil {
			return nil, Span{}, err
		}
		after, list = upTo, append(list, some...)
		if len(list) >= limit {
			after = list[len(list)-1].position()
			break
		}
	}
	return list, Span{Next: after, More: after < end}, nil
}

// FindEvents lists the events that fit a filter and that the marks have passed,
// after a position (0 for all), in the order of positions, at most limit (1 to
// 1000). It may find fewer although there are more; Span says so.
func (h *HQ) FindEvents(ctx context.Context, f Filter, after int64, limit int) ([]FoundEvent, Span, error) {
	const op = "hq.FindEvents"
	var end int64
	if err := h.db.Read.QueryRowContext(ctx, "select coalesce(max(last), 0) from passage").Scan(&end); err != nil {
		return nil, Span{}, fmt.Errorf("%s: %w", op, err)
	}
	limit = min(max(limit, 1), maxPage)
	size := int64(readWindow)
	if f.empty() {
		size = int64(limit)
	}
	list, span, err := page(after, end, limit, size, func(after, upTo int64, limit int) ([]FoundEvent, error) {
		return h.eventsWithin(ctx, f, after, upTo, limit)
	})
	if err != nil {
		return nil, Span{}, fmt.Errorf("%s: %w", op, err)
	}
	return list, span, nil
}

func (h *HQ) eventsWithin(ctx context.Context, f Filter, after, upTo int64, limit int) ([]FoundEvent, error) {
	var c conditions
	c.add("p.last > ?", after)
	c.add("p.first <= ?", upTo)
	c.add("i.seq > p.from_seq - 1 + case when ? >= p.first then ? - p.first + 1 else 0 end", after, after)
	c.add("i.seq <= case when ? < p.last then ? - p.first + p.from_seq else p.to_seq end", upTo, upTo)
	if f.Node != "" {
		c.add("p.node = ?", f.Node)
	}
	if f.Shop != "" {
		c.add("n.shop = ?", f.Shop)
	}
	if len(f.Types) > 0 {
		c.oneOf("i.type", f.Types)
	}
	c.between("i.time", f)
	q := `select p.first + i.seq - p.from_seq, i.node, i.epoch, i.lane, i.seq, i.id, i.type, i.time, i.mono, i.subject, i.data, i.hash, i.flaw, i.received, n.shop
		from passage p join node n on n.node = p.node join inbox i on i.node = p.node and i.epoch = p.epoch and i.lane = p.lane` +
		c.where() + " order by p.last, i.seq limit " + strconv.Itoa(limit)
	rows, err := h.db.Read.QueryContext(ctx, q, c.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []FoundEvent
	var hash sql.RawBytes
	for rows.Next() {
		var r FoundEvent
		e := &r.Event
		var flaw sql.NullString
		var received int64
		err := rows.Scan(&r.Cursor, &e.Node, &e.Epoch, &e.Lane, &e.Seq, &e.ID, &e.Type, &e.Time, &e.Mono, &e.Subject, (*[]byte)(&e.Data), &hash, &flaw, &received, &r.Shop)
		if err != nil {
			return nil, err
		}
		if r.Hash, err = toHash(hash); err != nil {
			return nil, err
		}
		r.Flaw, r.Received = flaw.String, database.Time(received)
		list = append(list, r)
	}
	return list, rows.Err()
}

// LastEvent is the position of the newest event.
func (h *HQ) LastEvent(ctx context.Context) (pos int64, err error) {
	if err := h.db.Read.QueryRowContext(ctx, "select coalesce(max(last), 0) from passage").Scan(&pos); err != nil {
		return 0, fmt.Errorf("hq.LastEvent: %w", err)
	}
	return pos, nil
}

// Kinds of receipts.
const (
	KindSale    = "sale"
	KindVoid    = "void"
	KindRefund  = "refund"
	KindZReport = "z"
)

// Receipt is a numbered document of a till.
type Receipt struct {
	Pos      int64
	Kind     string // KindSale, KindVoid, KindRefund or KindZReport
	Node     string
	Shop     string
	ID       string
	Receipt  string     // its printed number; of a Z report till, series and number
	Amount   edge.Money // tax included, below 0 where money was given back; of a Z report nothing
	At       time.Time  // by the shop's clock
	Received time.Time  // by HQ's clock
	Body     []byte     // JSON of edge.Sale, edge.Void, edge.Refund or edge.ZReport
}

func (r Receipt) position() int64 { return r.Pos }

// FindReceipts lists the receipts of the kinds in f.Types that fit the filter,
// after a position (0 for all), in the order of positions, at most limit (1 to
// 1000). It may find fewer although there are more; Span says so.
func (h *HQ) FindReceipts(ctx context.Context, f Filter, after int64, limit int) ([]Receipt, Span, error) {
	const op = "hq.FindReceipts"
	var end int64
	if err := h.db.Read.QueryRowContext(ctx, "select pos from projection where name = 'inbox'").Scan(&end); err != nil {
		return nil, Span{}, fmt.Errorf("%s: %w", op, err)
	}
	limit = min(max(limit, 1), maxPage)
	list, span, err := page(after, end, limit, readWindow, func(after, upTo int64, limit int) ([]Receipt, error) {
		return h.receiptsWithin(ctx, f, after, upTo, limit)
	})
	if err != nil {
		return nil, Span{}, fmt.Errorf("%s: %w", op, err)
	}
	return list, span, nil
}

func (h *HQ) receiptsWithin(ctx context.Context, f Filter, after, upTo int64, limit int) ([]Receipt, error) {
	sources := []struct{ kinds, columns, table string }{
		{"sale", "'sale' as kind, id, receipt, amount, currency", "sale"},
		{"void refund", "kind, id, receipt, -amount as amount, currency", "correction"},
		{
			"z", "'z' as kind, id_of_z as id, id_of_z as receipt, 0 as amount, '' as currency",
			"(select *, till || '-' || cast(series as text) || '-' || cast(number as text) as id_of_z from z_report) as z",
		},
	}
	var arms []string
	var c conditions
	for _, s := range sources {
		kinds := strings.Fields(s.kinds)
		wanted := slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return !slices.Contains(f.Types, k) })
		if len(wanted) == 0 {
			continue
		}
		c.parts = nil
		c.add("pos > ?", after)
		c.add("pos <= ?", upTo)
		if f.Shop != "" {
			c.add("shop = ?", f.Shop)
		}
		if f.Node != "" {
			c.add("node = ?", f.Node)
		}
		c.between("at", f)
		if len(wanted) < len(kinds) {
			c.oneOf("kind", wanted)
		}
		arms = append(arms, fmt.Sprintf("select * from (select pos, %s, node, shop, at, received, body from %s%s order by pos limit %d) as arm%d",
			s.columns, s.table, c.where(), limit, len(arms)))
	}
	if len(arms) == 0 {
		return nil, nil
	}
	q := "select pos, kind, id, receipt, amount, currency, node, shop, at, received, body from (" +
		strings.Join(arms, " union all ") + ") as receipts order by pos limit " + strconv.Itoa(limit)
	rows, err := h.db.Read.QueryContext(ctx, q, c.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Receipt
	for rows.Next() {
		var r Receipt
		var at, received int64
		err := rows.Scan(&r.Pos, &r.Kind, &r.ID, &r.Receipt, &r.Amount.Amount, &r.Amount.Currency, &r.Node, &r.Shop, &at, &received, &r.Body)
		if err != nil {
			return nil, err
		}
		r.At, r.Received = time.UnixMilli(at).UTC(), database.Time(received)
		list = append(list, r)
	}
	return list, rows.Err()
}

// Figure is what a shop has of one SKU by the moves HQ knows.
type Figure struct {
	Shop     string    `json:"shop"`
	SKU      edge.SKU  `json:"sku"`
	Quantity int64     `json:"quantity"`
	Changed  time.Time `json:"changed,omitzero"` // by HQ's clock; none where it has not moved since HQ notes it
}

// FindStock lists figures of stock by shop and SKU, those behind a shop's SKU,
// at most limit (1 to 1000). Of the filter Shop, From and To count, the times
// being those of the last change.
func (h *HQ) FindStock(ctx context.Context, f Filter, shop string, sku edge.SKU, limit int) ([]Figure, error) {
	const op = "hq.FindStock"
	var c conditions
	c.add("(shop, sku) > (?, ?)", shop, string(sku))
	if f.Shop != "" {
		c.add("shop = ?", f.Shop)
	}
	c.between("changed", f)
	q := "select shop, sku, quantity, changed from stock" + c.where() + " order by shop, sku limit " + strconv.Itoa(min(max(limit, 1), maxPage))
	rows, err := h.db.Read.QueryContext(ctx, q, c.args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Figure{}
	for rows.Next() {
		var s Figure
		var changed int64
		if err := rows.Scan(&s.Shop, &s.SKU, &s.Quantity, &changed); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		s.Changed = database.Time(changed)
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return list, nil
}
