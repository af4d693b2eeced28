package api

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Event is an event of a shop's ledger.
type Event struct {
	Cursor   string          `json:"cursor"`
	Shop     string          `json:"shop"`
	Node     string          `json:"node"`
	Epoch    string          `json:"epoch"`
	Lane     edge.Lane       `json:"lane"`
	Seq      uint64          `json:"seq"`
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Time     time.Time       `json:"time"` // by the shop's clock, whole milliseconds
	Mono     int64           `json:"mono"`
	Subject  string          `json:"subject,omitempty"`
	Hash     edge.Hash       `json:"hash"`
	Flaw     string          `json:"flaw,omitempty"`
	Received time.Time       `json:"received"`
	Data     json.RawMessage `json:"data"`
}

func newEvent(e hq.FoundEvent) Event {
	v := &e.Event
	data := v.Data
	if !json.Valid(data) { // it was stored as it came
		data, _ = json.Marshal(string(data)) // a string is always written
	}
	return Event{
		Cursor: positionCursor("events", e.Cursor), Shop: e.Shop, Node: v.Node, Epoch: v.Epoch, Lane: v.Lane, Seq: v.Seq,
		ID: v.ID, Type: v.Type, Time: time.UnixMilli(v.Time).UTC(), Mono: v.Mono, Subject: v.Subject,
		Hash: e.Hash, Flaw: e.Flaw, Received: e.Received, Data: data,
	}
}

func (Event) head() []string {
	return []string{"cursor", "shop", "node", "epoch", "lane", "seq", "id", "type", "time", "subject", "hash", "flaw", "received", "data"}
}

func (e Event) cells() []any {
	return []any{e.Cursor, e.Shop, e.Node, e.Epoch, string(e.Lane), e.Seq, e.ID, e.Type, e.Time, e.Subject, e.Hash.String(), e.Flaw, e.Received, string(e.Data)}
}

// Audit is who did what at a till.
type Audit struct {
	Cursor   string    `json:"cursor"`
	Node     string    `json:"node"`
	Received time.Time `json:"received"`
	edge.AuditRecord
}

func newAudit(e hq.FoundEvent) (Audit, error) {
	v := Audit{Cursor: positionCursor("audit", e.Cursor), Node: e.Event.Node, Received: e.Received}
	if err := json.Unmarshal(e.Event.Data, &v.AuditRecord); err != nil {
		return v, err
	}
	err := v.Check()
	v.Shop = e.Shop // as HQ knows the node
	return v, err
}

// Receipt is a sale, or what gave one back.
type Receipt struct {
	Cursor   string          `json:"cursor"`
	Kind     string          `json:"kind"` // sale, void or refund
	Shop     string          `json:"shop"`
	Node     string          `json:"node"`
	ID       string          `json:"id"`
	Receipt  string          `json:"receipt"`
	Amount   edge.Money      `json:"amount"` // below 0 where it was given back
	At       time.Time       `json:"at"`
	Received time.Time       `json:"received"`
	Document json.RawMessage `json:"document"` // edge.Sale, edge.Void or edge.Refund
}

func newReceipt(r hq.Receipt) Receipt {
	return Receipt{
		Cursor: positionCursor("sales", r.Pos), Kind: r.Kind, Shop: r.Shop, Node: r.Node, ID: r.ID, Receipt: r.Receipt,
		Amount: r.Amount, At: r.At, Received: r.Received, Document: r.Body,
	}
}

func (Receipt) head() []string {
	return []string{"cursor", "kind", "shop", "node", "receipt", "id", "of", "amount", "currency", "vat", "pieces", "paid", "staff", "at", "offline", "received", "cart", "discount"}
}

func (r Receipt) cells() []any {
	var d struct {
		Sale     edge.SaleRef `json:"sale"`
		VAT      int64        `json:"vat"`
		Lines    []struct{ Quantity, Discount int64 }
		Payments []struct{ Method string }
		Back     []struct{ Method string }
		Staff    string
		Offline  bool
		Cart     edge.CartID
	}
	_ = json.Unmarshal(r.Document, &d) // HQ has checked it; what it lacks stays empty
	var paid []string
	sign, pieces, discount, of, cart := int64(1), int64(0), int64(0), "", ""
	if r.Kind != hq.KindSale {
		sign, of, d.Payments = -1, d.Sale.String(), d.Back
	} else {
		cart = d.Cart.String()
	}
	for _, p := range d.Payments {
		paid = append(paid, p.Method)
	}
	for _, l := range d.Lines {
		pieces += l.Quantity
		discount += l.Discount
	}
	return []any{
		r.Cursor, r.Kind, r.Shop, r.Node, r.Receipt, r.ID, of, r.Amount.Amount, r.Amount.Currency, sign * d.VAT, sign * pieces, strings.Join(paid, "+"),
		d.Staff, r.At, d.Offline, r.Received, cart, sign * discount,
	}
}

// ZReport is the end of a till's day.
type ZReport struct {
	Cursor   string          `json:"cursor"`
	Shop     string          `json:"shop"`
	Node     string          `json:"node"`
	Report   string          `json:"report"` // till, series and number
	At       time.Time       `json:"at"`
	Received time.Time       `json:"received"`
	Document json.RawMessage `json:"document"` // edge.ZReport
}

func newZReport(r hq.Receipt) ZReport {
	return ZReport{
		Cursor: positionCursor("z-reports", r.Pos), Shop: r.Shop, Node: r.Node, Report: r.Receipt,
		At: r.At, Received: r.Received, Document: r.Body,
	}
}

func (ZReport) head() []string {
	return []string{"cursor", "shop", "node", "report", "first", "last", "at", "received", "totals"}
}

func (z ZReport) cells() []any {
	var d struct {
		From, To uint64
		Totals   json.RawMessage
	}
	_ = json.Unmarshal(z.Document, &d) // HQ has checked it
	return []any{z.Cursor, z.Shop, z.Node, z.Report, d.From, d.To, z.At, z.Received, string(d.Totals)}
}

// Stock is what a shop has of one SKU.
type Stock struct {
	Cursor string `json:"cursor"`
	hq.Figure
}

func newStock(f hq.Figure) Stock {
	return Stock{cursor("stock", f.Shop+"\x00"+string(f.SKU)), f}
}

func (Stock) head() []string { return []string{"cursor", "shop", "sku", "quantity", "changed"} }

func (s Stock) cells() []any {
	return []any{s.Cursor, s.Shop, string(s.SKU), s.Quantity, s.Changed}
}

// Shop is a gateway and how it is.
type Shop struct {
	Cursor string `json:"cursor"`
	hq.Shop
}
