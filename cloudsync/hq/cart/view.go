package cart

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"strconv"
	"strings"

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
	Shape  string // changes when more than numbers changed
}

type lineView struct {
	ID, Name, Shade, Brand, Color, Picture string
	Price, Total                           string // empty where the price is not known
	Quantity                               int
}

// Fewer and More are what the line's buttons ask for.
func (l lineView) Fewer() int { return l.Quantity - 1 }
func (l lineView) More() int  { return l.Quantity + 1 }

// Full says that no more pieces fit the line.
func (l lineView) Full() bool { return l.Quantity >= edge.MaxQuantity }

type closedView struct{ Receipt, At string }

func (p *Pages) view(ctx context.Context, cart *edge.Cart, token, lang string) (view, error) {
	release, err := p.HQ.Release(ctx)
	if err != nil {
		return view{}, err
	}
	v := view{Brand: p.Brand, Lang: lang, Words: wordsIn(lang), Token: token, Priced: true}
	if cl := cart.Closed; cl != nil {
		v.Closed = &closedView{cl.Receipt, cl.At.In(p.Zone).Format("02/01/2006 15:04")}
	}
	shape := []string{lang, strconv.FormatBool(v.Closed != nil)}
	total := edge.Money{Currency: release.Currency}
	for i := range cart.Lines {
		l := &cart.Lines[i]
		if l.Quantity() == 0 {
			continue
		}
		line := lineView{ID: l.ID.String(), Name: string(l.SKU), Quantity: l.Quantity()}
		if variant, ok := release.Variant(l.SKU); ok {
			line.Name, line.Shade, line.Brand = variant.Name.In(lang), variant.Shade.In(lang), variant.Brand
			line.Color, line.Picture = variant.Color, variant.Picture
			sum := edge.Money{Amount: variant.Price.Amount * int64(line.Quantity), Currency: release.Currency}
			line.Price, line.Total = variant.Price.String(), sum.String()
			total.Amount += sum.Amount
		} else {
			v.Priced = false
		}
		v.Lines = append(v.Lines, line)
		v.Count += line.Quantity
		shape = append(shape, line.ID)
	}
	v.Total = total.String()
	v.Shape = strings.Join(shape, " ")
	return v, nil
}

// fragment is the part of the page that changes.
func (p *Pages) fragment(ctx context.Context, cart *edge.Cart, token, lang string) ([]byte, error) {
	v, err := p.view(ctx, cart, token, lang)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, "cart", v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
