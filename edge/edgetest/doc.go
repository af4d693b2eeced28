// Package edgetest is for the tests of whatever meets the shop through the
// interfaces of package edge: an in-memory shop, a small catalogue, and the
// contract that every implementation has to keep.
package edgetest

import (
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Shop is everything that a shop's database is.
type Shop interface {
	edge.Carts
	edge.Ledger
	edge.CashBook
	edge.AuditLog
	edge.ConsentLog
	edge.Catalogue
	edge.Outbox
	edge.Office
	edge.Orders
}

// SKUs of Release.
const (
	Lipstick = edge.SKU("LIP-01-RED") // 199.000 ₫, 8 % tax, can be tried on
	Glasses  = edge.SKU("GLA-01-BLK") // 890.000 ₫, 10 % tax, can be tried on
	Cream    = edge.SKU("CAR-01")     // 320.000 ₫, 8 % tax
)

// Release is a catalogue of three products, in effect since 2026-01-01.
func Release(version uint32) *edge.Release {
	vnd := func(n int64) edge.Money { return edge.Money{Amount: n, Currency: "VND"} }
	return &edge.Release{
		Version: version, Effective: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Currency: "VND",
		Categories: []edge.Category{
			{ID: "lips", Name: edge.Text{VI: "Môi", EN: "Lips", ZH: "唇部"}},
			{ID: "glasses", Name: edge.Text{VI: "Kính", EN: "Glasses", ZH: "眼镜"}},
			{ID: "care", Name: edge.Text{VI: "Chăm sóc", EN: "Care", ZH: "护理"}},
		},
		Variants: []edge.Variant{
			{
				SKU: Lipstick, GTIN: "8930000000019", Product: "LIP-01", Category: "lips", Brand: "Mai",
				Name:  edge.Text{VI: "Son lì", EN: "Matte lipstick", ZH: "哑光口红"},
				Shade: edge.Text{VI: "Đỏ", EN: "Red", ZH: "红"}, Color: "#B01030", Finish: "matte",
				Price: vnd(199000), VAT: 800, Picture: "lipstick.svg", TryOn: &edge.TryOn{Kind: "lipstick", Finish: "matte"},
			},
			{
				SKU: Glasses, GTIN: "8930000000026", Product: "GLA-01", Category: "glasses", Brand: "Phố",
				Name:  edge.Text{VI: "Kính tròn", EN: "Round glasses", ZH: "圆框眼镜"},
				Shade: edge.Text{VI: "Đen", EN: "Black", ZH: "黑"}, Color: "#101010",
				Price: vnd(890000), VAT: 1000, Picture: "glasses.svg", TryOn: &edge.TryOn{Kind: "glasses", Asset: "round.svg"},
			},
			{
				SKU: Cream, GTIN: "8930000000033", Product: "CAR-01", Category: "care", Brand: "Sen",
				Name:  edge.Text{VI: "Kem dưỡng", EN: "Face cream", ZH: "面霜"},
				Price: vnd(320000), VAT: 800, Picture: "cream.svg",
			},
		},
	}
}

// Clock is a clock that a test moves. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock starts at 2026-11-21 08:00 UTC.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
