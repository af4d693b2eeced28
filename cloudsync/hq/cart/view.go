package cart

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

//go:embed page.html page.css page.js
var files embed.FS

// parse makes the templates. Style and script stand inside them.
func parse() (*template.Template, error) {
	css, err := files.ReadFile("page.css")
	if err != nil {
		return nil, err
	}
	js, err := files.ReadFile("page.js")
	if err != nil {
		return nil, err
	}
	return template.New("").Funcs(template.FuncMap{
		"css": func() template.CSS { return template.CSS(css) },
		"js":  func() template.JS { return template.JS(js) },
	}).ParseFS(files, "page.html")
}

// view is what the templates show.
type view struct {
	Brand, Lang, Nonce string
	Words              words
	Problem            problem

	Token  string
	Lines  []lineView
	Count  int
	Total  string
	Priced bool // every line has a price
	Closed *closedView
	NoSale bool   // it is paid, and HQ has no sale yet
	Later  bool   // the cart holds other pieces than were sold
	Down   bool   // the shop's line
	Shape  string // changes when more than numbers changed
}

type lineView struct {
	ID                          string // empty on a line that was sold
	SKU                         edge.SKU
	Name, Shade, Color, Picture string
	Price, Total                string // empty where the price is not known
	Quantity                    int
}

// Fewer and More are what the line's buttons ask for.
func (l lineView) Fewer() int { return l.Quantity - 1 }
func (l lineView) More() int  { return l.Quantity + 1 }

// Full says that no more pieces fit the line.
func (l lineView) Full() bool { return l.Quantity >= edge.MaxQuantity }

type closedView struct{ Receipt, At string }

// view shows what was sold, once HQ has the sale, else what the cart holds.
// node is the gateway the cart comes from.
func (p *Pages) view(ctx context.Context, cart *edge.Cart, node, token, lang string) (view, error) {
	release, err := p.HQ.Release(ctx)
	if err != nil {
		return view{}, err
	}
	sale, err := p.saleOf(ctx, cart.ID)
	if err != nil {
		return view{}, err
	}
	up, err := p.HQ.NodeUp(ctx, node)
	if err != nil {
		return view{}, err
	}
	v := view{Brand: p.Brand, Lang: lang, Words: wordsIn(lang), Token: token, Priced: true, Down: !up}
	switch cl := cart.Closed; {
	case sale != nil:
		v.Closed = p.closed(sale.Receipt.String(), sale.At)
		v.Later = differs(cart, sale)
		v.addSale(sale, release)
	case cl != nil:
		v.Closed, v.NoSale = p.closed(cl.Receipt, cl.At), true
		fallthrough
	default:
		v.addCart(cart, release)
	}
	v.Shape = v.shape()
	return v, nil
}

func (p *Pages) closed(receipt string, at time.Time) *closedView {
	return &closedView{receipt, at.In(p.Zone).Format("02/01/2006 15:04")}
}

// addCart shows what the cart holds, at the catalogue's prices.
func (v *view) addCart(c *edge.Cart, r *edge.Release) {
	total := edge.Money{Currency: r.Currency}
	for i := range c.Lines {
		l := &c.Lines[i]
		if l.Quantity() == 0 {
			continue
		}
		variant, ok := r.Variant(l.SKU)
		line := lineOf(l.SKU, variant, v.Lang)
		line.ID, line.Quantity = l.ID.String(), l.Quantity()
		if ok {
			sum := edge.Money{Amount: variant.Price.Amount * int64(line.Quantity), Currency: r.Currency}
			line.Price, line.Total = variant.Price.String(), sum.String()
			total.Amount += sum.Amount
		} else {
			v.Priced = false
		}
		v.add(line)
	}
	v.Total = total.String()
}

// lineOf is a line as the catalogue describes its SKU; variant is nil where it
// does not.
func lineOf(sku edge.SKU, variant *edge.Variant, lang string) lineView {
	if variant == nil {
		return lineView{SKU: sku, Name: string(sku)}
	}
	return lineView{
		SKU: sku, Name: variant.Name.In(lang), Shade: variant.Shade.In(lang),
		Color: variant.Color, Picture: variant.Picture,
	}
}

func (v *view) add(l lineView) {
	v.Lines = append(v.Lines, l)
	v.Count += l.Quantity
}

// shape names all of the page that is no number.
func (v *view) shape() string {
	parts := []string{v.Lang}
	for _, is := range []bool{v.Closed != nil, v.NoSale, v.Later, v.Priced} {
		parts = append(parts, strconv.FormatBool(is))
	}
	for _, l := range v.Lines {
		parts = append(parts, cmp.Or(l.ID, string(l.SKU)))
	}
	return strings.Join(parts, " ")
}

// fragment is the part of the page that changes.
func (p *Pages) fragment(ctx context.Context, cart *edge.Cart, node, token, lang string) ([]byte, error) {
	v, err := p.view(ctx, cart, node, token, lang)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, "cart", v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
