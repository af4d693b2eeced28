package cart

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

//go:embed page.html arrive.html page.css page.js
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
	}).ParseFS(files, "page.html", "arrive.html")
}

// view is what the templates show. A page that tells of a problem has no
// content.
type view struct {
	*Content
	Brand, Lang, Nonce string
	Words              words
	Problem            problem
	Token              string
	zone               *time.Location
}

// Money writes an amount the way of the page's language.
func (v view) Money(amount int64) string {
	return edge.Money{Amount: amount, Currency: v.Currency}.In(v.Lang)
}

// Time writes a time on the shop's clocks.
func (v view) Time(t time.Time) string { return t.In(v.zone).Format("02/01/2006 15:04") }

// Sums reports whether the page says what the lines cost: not before HQ knows
// what was paid.
func (v view) Sums() bool { return v.Paid == nil || v.Paid.Sale }

// Fixed reports whether this phone cannot change the lines.
func (v view) Fixed() bool { return v.Paid != nil || !v.Phone.Changes() }

// PhoneShape changes with who asks to be let in.
func (v view) PhoneShape() string { return fmt.Sprint(v.Lang, v.Phone, v.Paid != nil) }

// Fewer and More are what a line's buttons ask for.
func (l Line) Fewer() int { return l.Quantity - 1 }
func (l Line) More() int  { return l.Quantity + 1 }

// Full says that no more pieces fit the line.
func (l Line) Full() bool { return l.Quantity >= edge.MaxQuantity }

// Shape changes when more of the cart's lines changed than numbers.
func (v view) Shape() string {
	parts := []string{v.Lang, string(v.State), strconv.FormatBool(v.Priced), strconv.FormatBool(v.Fixed()), v.Note}
	if v.Paid != nil {
		parts = append(parts, strconv.FormatBool(v.Paid.Sale), strconv.FormatBool(v.Paid.Later))
	}
	for _, l := range v.Lines {
		parts = append(parts, cmp.Or(l.ID, string(l.SKU)), l.Note)
	}
	return strings.Join(parts, " ")
}

// view is what the page shows of a cart.
func (p *Pages) view(ctx context.Context, v *visit) (view, error) {
	content, err := p.content(ctx, v)
	if err != nil {
		return view{}, err
	}
	return view{Content: content, Brand: p.Brand, Lang: v.lang, Words: wordsIn(v.lang), Token: v.token, zone: p.Zone}, nil
}

// fragment is the part of the page that changes.
func (p *Pages) fragment(ctx context.Context, v *visit) ([]byte, error) {
	shown, err := p.view(ctx, v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, "parts", shown); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
