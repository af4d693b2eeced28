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

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/address"
)

//go:embed *.html *.css *.js
var files embed.FS

// parse makes the templates of pages with a script and styles of these files, which
// stand inside the pages.
func parse(script string, styles ...string) (*template.Template, error) {
	js, err := files.ReadFile(script)
	if err != nil {
		return nil, err
	}
	var css []byte
	for _, file := range styles {
		b, err := files.ReadFile(file)
		if err != nil {
			return nil, err
		}
		css = append(css, b...)
	}
	return template.New("").Funcs(template.FuncMap{
		"css": func() template.CSS { return template.CSS(css) },
		"js":  func() template.JS { return template.JS(js) },
	}).ParseFS(files, "*.html")
}

// view is what the templates show. A page that tells of a problem has no
// content.
type view struct {
	*Content
	Brand, Lang, Nonce string
	Words              words
	Problem            problem
	Token              string
	deliverTo          []string
	places             *address.Directory
	secret             string // the phone's
	zone               *time.Location
	Strip              *strip // nil where there is nothing to look at
	pays               bool   // carts may be paid on phones
}

// Money writes an amount the way of the page's language.
func (v view) Money(amount int64) string {
	return edge.Money{Amount: amount, Currency: v.Currency}.In(v.Lang)
}

// Time writes a time on the shop's clocks, the way of the page's language.
func (v view) Time(t time.Time) string {
	if v.Lang == "zh" {
		return t.In(v.zone).Format("2006-01-02 15:04")
	}
	return t.In(v.zone).Format("02/01/2006 15:04")
}

// Sums reports whether the page says what the lines cost: not before HQ knows
// what was paid.
func (v view) Sums() bool { return v.Paid == nil || v.Paid.Sale }

// Fixed reports whether this phone cannot change the lines.
func (v view) Fixed() bool { return v.Paid != nil || !v.Phone.Changes() || v.Ordered() }

// Ordered reports whether an order holds the cart.
func (v view) Ordered() bool { return v.Order != nil && v.Order.Live }

// MayOrder reports whether this phone can order what the cart holds.
func (v view) MayOrder() bool {
	return v.Phone.Owns() && v.Paid == nil && !v.Ordered() && len(v.Lines) > 0 && v.Priced
}

// Address is what the form of the address begins with.
func (v view) Address() edge.Address {
	if c := v.Fulfilment.Contact; c != nil && c.Address != nil {
		return *c.Address
	}
	return edge.Address{}
}

// Country is one that orders are brought to.
type Country struct{ Code, Name string }

// Countries are those to choose from.
func (v view) Countries() []Country {
	list := make([]Country, len(v.deliverTo))
	names := display.Regions(language.Make(v.Lang))
	for i, code := range v.deliverTo {
		list[i] = Country{code, code}
		if r, err := language.ParseRegion(code); err == nil {
			list[i].Name = names.Name(r)
		}
	}
	return list
}

// SubjectToStock is told of an order for which the goods may be missing.
func (v view) SubjectToStock() string { return edge.SubjectToStock().In(v.Lang) }

// OrderShape changes with anything that the order's part of the page shows.
func (v view) OrderShape() (string, error) {
	return hashOf([]any{v.Lang, v.MayOrder(), v.Paid != nil, v.Order, v.Fulfilment})
}

// PhoneShape changes with who asks to be let in.
func (v view) PhoneShape() string { return fmt.Sprint(v.Lang, v.Phone, v.Paid != nil) }

// Fewer is what the button that takes a piece away asks for.
func (l Line) Fewer() int { return l.Quantity - 1 }

// More is what the button that adds a piece asks for.
func (l Line) More() int { return l.Quantity + 1 }

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
	looks, err := p.strip(ctx, v)
	if err != nil {
		return view{}, err
	}
	return view{pays: p.Transfers != nil, Strip: looks, Content: content, Brand: p.Brand, Lang: v.lang, Words: wordsIn(v.lang), Token: v.token, places: p.Places, deliverTo: p.DeliverTo, secret: v.phone.secret, zone: p.Zone}, nil
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
