package cart

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Content is a cart as a phone sees it: what the page shows, and the JSON that
// mini programs show by themselves. Amounts are minor units of Currency.
type Content struct {
	ID       edge.CartID `json:"id"`
	Brand    string      `json:"brand"` // the chain's name
	Shop     string      `json:"shop"`
	Place    edge.Place  `json:"place,omitzero"` // of the shop
	Currency string      `json:"currency"`
	Lang     string      `json:"lang"` // of its texts
	Lines    []Line      `json:"lines"`
	Pieces   int         `json:"pieces"`
	Total    int64       `json:"total"`  // of the lines that have a price
	Priced   bool        `json:"priced"` // every line has one
	Note     string      `json:"note"`   // on the whole cart
	State    State       `json:"state"`
	Paid     *Paid       `json:"paid,omitempty"`
	Taker    Taker       `json:"who_takes_money"`
	Down     bool        `json:"line_down"` // the shop's line is: changes reach it later
	Phone    Phone       `json:"phone"`

	Fulfilment Fulfilment `json:"fulfilment"`
	Order      *Order     `json:"order,omitempty"` // the live one, else the last

	Links   Links  `json:"links"`
	Version string `json:"version"` // changes when anything above does
}

// State says whether a cart still changes.
type State string

// The states.
const (
	Open State = "open"
	Sold State = "paid"
)

// Taker is who may take the money for a cart now.
type Taker string

// Who may.
const (
	ShopTakes Taker = "shop"
	HQTakes   Taker = "hq" // on the phone
	NobodyMay Taker = "nobody"
)

// Line is a line of the cart, or of what was sold.
type Line struct {
	ID       string   `json:"id,omitempty"` // none on a line that was sold
	SKU      edge.SKU `json:"sku"`
	Name     string   `json:"name"`
	Shade    string   `json:"shade,omitempty"`
	Color    string   `json:"color,omitempty"`   // of the shade, #RRGGBB
	Picture  string   `json:"picture,omitempty"` // address, seen from the cart's
	Price    *int64   `json:"price,omitempty"`   // of one piece; none where it is not known
	Quantity int      `json:"quantity"`
	Total    *int64   `json:"total,omitempty"`
	Note     string   `json:"note,omitempty"`
}

// Paid says how a cart was paid. The lines are then those that were sold, once
// HQ has the sale.
type Paid struct {
	Receipt string    `json:"receipt"`
	At      time.Time `json:"at"`
	Sale    bool      `json:"sale"`  // HQ has it
	Later   bool      `json:"later"` // the cart holds other pieces than were sold
}

// Links are addresses, seen from the cart's own.
type Links struct {
	Page   string `json:"page"`
	Events string `json:"events"`
}

// content shows what was sold, once HQ has the sale, else what the cart holds.
func (p *Pages) content(ctx context.Context, v *visit) (*Content, error) {
	release, err := p.HQ.Release(ctx)
	if err != nil {
		return nil, err
	}
	sale, err := p.saleOf(ctx, v.cart.ID)
	if err != nil {
		return nil, err
	}
	node, err := p.HQ.CartNode(ctx, v.node)
	if err != nil {
		return nil, err
	}
	c := &Content{
		ID: v.cart.ID, Brand: p.Brand, Shop: node.Shop, Place: p.HQ.Place(node.Shop), Currency: release.Currency, Lang: v.lang, Lines: []Line{}, Priced: true,
		Note: v.cart.Fields[edge.Note].Text, State: Open, Taker: p.taker(v.cart, node), Down: !node.Up,
		Phone: v.stands(), Links: Links{Page: v.token, Events: v.token + "/events"},
	}
	switch cl := v.cart.Closed; {
	case sale != nil:
		c.State, c.Taker, c.Currency = Sold, NobodyMay, sale.Total.Currency
		c.Paid = &Paid{Receipt: sale.Receipt.String(), At: sale.At, Sale: true, Later: differs(v.cart, sale.Lines)}
		c.addSale(sale, release)
	case cl != nil:
		c.State, c.Paid = Sold, &Paid{Receipt: cl.Receipt, At: cl.At}
		fallthrough
	default:
		c.addCart(v.cart, release)
	}
	if err := p.addOrder(ctx, c, v); err != nil {
		return nil, err
	}
	c.Version, err = hashOf(c)
	return c, err
}

func (p *Pages) taker(c *edge.Cart, node hq.CartNode) Taker {
	switch now := p.Now(); {
	case c.Closed != nil:
		return NobodyMay
	case c.Claim.ForShop(now):
		return ShopTakes
	case c.Claim.ForHQ(now, node.Known):
		return HQTakes
	}
	return NobodyMay
}

// hashOf names a value by what JSON has of it.
func hashOf(value any) (string, error) {
	b, err := json.Marshal(value)
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:12]), err
}

// addCart shows what the cart holds, at the catalogue's prices.
func (c *Content) addCart(cart *edge.Cart, r *edge.Release) {
	for i := range cart.Lines {
		l := &cart.Lines[i]
		if l.Quantity() == 0 {
			continue
		}
		variant, ok := r.Variant(l.SKU)
		line := lineOf(l.SKU, variant, c.Lang)
		line.ID, line.Quantity, line.Note = l.ID.String(), l.Quantity(), l.Fields[edge.Note].Text
		if ok {
			line.cost(variant.Price.Amount, variant.Price.Amount*int64(line.Quantity))
		}
		c.add(line)
	}
}

// lineOf is a line as the catalogue describes its SKU; variant is nil where it
// does not.
func lineOf(sku edge.SKU, variant *edge.Variant, lang string) Line {
	if variant == nil {
		return Line{SKU: sku, Name: string(sku)}
	}
	l := Line{SKU: sku, Name: variant.Name.In(lang), Shade: variant.Shade.In(lang), Color: variant.Color}
	if variant.Picture != "" {
		l.Picture = "../pictures/" + variant.Picture
	}
	return l
}

func (l *Line) cost(one, all int64) { l.Price, l.Total = &one, &all }

func (c *Content) add(l Line) {
	c.Lines = append(c.Lines, l)
	c.Pieces += l.Quantity
	if l.Total == nil {
		c.Priced = false
		return
	}
	c.Total += *l.Total
}

// addSale shows what a sale holds, at its prices; the catalogue lends the
// pictures.
func (c *Content) addSale(s *edge.Sale, r *edge.Release) {
	for i := range s.Lines {
		l := &s.Lines[i]
		variant, _ := r.Variant(l.SKU)
		line := lineOf(l.SKU, variant, c.Lang)
		line.Name, line.Shade = cmp.Or(l.Name.In(c.Lang), line.Name), cmp.Or(l.Shade.In(c.Lang), line.Shade)
		line.Quantity = l.Quantity
		line.cost(l.Price, l.Total)
		c.add(line)
	}
	c.Total = s.Total.Amount
}
