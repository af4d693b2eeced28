package chat

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	missesToStaff = 2              // questions in a row that were not understood
	staffSilent   = 24 * time.Hour // after which the bot answers again
	greetAgain    = 24 * time.Hour
)

// link is the cart that a link or a code brought, or why it did not.
type link struct {
	token string
	cart  *edge.Cart
	node  string
	links uint32
	shop  string
	err   error
}

// turn is what is being said to one person.
type turn struct {
	*Service
	m    *Message
	c    *talk.Conversation
	w    words
	link *link // nil where there was none
	// asked are the variants that the text may be about, and levels what the
	// shops have of them.
	asked  []*edge.Variant
	levels []hq.Level
	said   []talk.Line
}

// hear takes in what a person did, and answers.
func (s *Service) hear(ctx context.Context, a app, m *Message) error {
	if m.Gone {
		_, err := s.HQ.Talks().Forget(ctx, a.name(), m.Person, m.At)
		return err
	}
	if !s.limit.allow(a.name()+" "+m.Person, s.Now()) {
		return nil // whoever writes so much gets no answer to all of it
	}
	t := turn{Service: s, m: m}
	if err := t.prepare(ctx, a); err != nil {
		return err
	}
	message := talk.Message{App: a.name(), ID: m.ID, Person: m.Person, At: m.At}
	_, err := s.HQ.Talks().Hear(ctx, message, func(c *talk.Conversation) ([]talk.Line, error) {
		t.c, t.said = c, nil
		err := t.answer(ctx)
		if _, ok := a.(sender); !ok {
			t.silence()
		}
		return t.said, err
	})
	return err
}

// prepare does what takes long before the conversation is held.
func (t *turn) prepare(ctx context.Context, a app) error {
	t.link = t.linkIn(ctx, a.name()+" "+t.m.Person, t.m)
	if t.link != nil && t.link.err != nil && edge.KindOf(t.link.err) == edge.Internal {
		return t.link.err // it may open when the app tells us again
	}
	if t.link != nil || t.m.Text == "" {
		return nil
	}
	x, err := t.catalogue.get(ctx)
	switch {
	case edge.KindOf(err) == edge.Unavailable:
		return nil // no catalogue, no answers about it
	case err != nil:
		return err
	}
	t.asked = x.find(t.m.Text)
	skus := make([]edge.SKU, min(len(t.asked), maxStock))
	for i := range skus {
		skus[i] = t.asked[i].SKU
	}
	if len(skus) > 0 {
		t.levels, err = t.HQ.Levels(ctx, skus)
	}
	return err
}

// answer decides what is said, and what changes in the conversation.
func (t *turn) answer(ctx context.Context) error {
	c, m := t.c, t.m
	first := c.Heard.IsZero()
	idle := m.At.Sub(c.Heard)
	c.Lang = languageOf(m, c.Lang)
	t.w = wordsIn(c.Lang)
	open(c, m.Did, m.At)
	if m.Did == Said && !m.Began {
		t.said = append(t.said, talk.Line{Author: talk.ByPerson, State: talk.Heard, Saying: talk.Saying{Text: m.Text}})
	}
	if t.link != nil && t.link.err == nil {
		if err := t.bind(ctx); err != nil {
			return err
		}
	}
	if c.State == talk.Human {
		if !c.Waits.IsZero() || idle < staffSilent {
			if m.Did == Said && c.Waits.IsZero() {
				c.Waits = m.At
			}
			return nil // the bot is silent while people talk
		}
		c.State, c.Misses = talk.Bot, 0
	}
	switch {
	case t.link != nil && t.link.err != nil:
		t.say(t.w.problem(t.link.err))
		return nil
	case t.link != nil, m.Began, m.Did != Said && (first || idle > greetAgain):
		c.Misses = 0
		return t.greet(ctx)
	case m.Did != Said:
		return nil
	}
	return t.reply(ctx)
}

// problem says why a code does not open.
func (w words) problem(err error) string {
	switch edge.KindOf(err) {
	case edge.Expired, edge.Withdrawn:
		return w.OldCode
	case edge.Unavailable:
		return w.NotYet
	}
	return w.BadCode
}

func (t *turn) say(text string) { t.sayWith(talk.Saying{Text: text}) }

func (t *turn) sayWith(text talk.Saying) {
	t.said = append(t.said, talk.Line{Author: talk.ByBot, State: talk.Queued, Saying: text})
}

// silence takes back what was to be said, in an app that we cannot write to yet.
func (t *turn) silence() {
	kept := t.said[:0]
	for _, l := range t.said {
		if l.State != talk.Queued {
			kept = append(kept, l)
		}
	}
	t.said = kept
}

// bind ties the conversation to the cart. How it stands is no news any more.
func (t *turn) bind(ctx context.Context) error {
	t.c.Cart, t.c.Token, t.c.Links, t.c.Shop = t.link.cart.ID.String(), t.link.token, t.link.links, t.link.shop
	news, err := t.newsOf(ctx, t.c)
	if err != nil {
		return err
	}
	for _, n := range news {
		t.said = append(t.said, talk.Line{Author: talk.ByBot, State: talk.Told, Topic: n.topic})
	}
	return nil
}

// greet says who writes, shows the cart, and what may be asked.
func (t *turn) greet(ctx context.Context) error {
	text := fmt.Sprintf(t.w.Greeting, t.Brand) + " " + t.w.Bot + "\n\n"
	card, err := t.card(ctx)
	if err != nil {
		return err
	}
	if card == nil {
		t.say(text + t.w.NoCart + "\n\n" + t.w.Ask)
		return nil
	}
	card.Text = text + card.Text + "\n\n" + t.w.Ask
	t.sayWith(*card)
	return nil
}

const cardLines = 10

// cartOf is the cart that a person may see; nil where there is none, or its links
// were withdrawn since.
func (s *Service) cartOf(ctx context.Context, c *talk.Conversation) (*edge.Cart, error) {
	var id edge.CartID
	if id.UnmarshalText([]byte(c.Cart)) != nil {
		return nil, nil
	}
	cart, _, err := s.HQ.Cart(ctx, id)
	switch {
	case edge.KindOf(err) == edge.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case cart.Admits(c.Links) != nil:
		return nil, nil
	}
	return cart, nil
}

// card shows the person's cart; nil where there is none to show.
func (t *turn) card(ctx context.Context) (*talk.Saying, error) {
	cart, err := t.cartOf(ctx, t.c)
	if cart == nil || err != nil {
		return nil, err
	}
	x, err := t.catalogue.get(ctx)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, t.w.CartOf, t.shopName(t.c.Shop))
	shown, more, sum := 0, 0, int64(0)
	for i := range cart.Lines {
		l := &cart.Lines[i]
		n := l.Quantity()
		if n == 0 {
			continue
		}
		name, price := string(l.SKU), t.w.NoPrice
		if v, ok := x.bySKU[l.SKU]; ok {
			total := edge.Money{Amount: v.Price.Amount * int64(n), Currency: x.release.Currency}
			name, price = titleOf(v, t.c.Lang), total.In(t.c.Lang)
			sum += total.Amount
		}
		if shown == cardLines {
			more++
			continue
		}
		shown++
		fmt.Fprintf(&b, "\n• %d × %s: %s", n, name, price)
	}
	switch {
	case shown == 0:
		b.WriteString("\n" + t.w.CartEmpty)
	case more > 0:
		b.WriteString("\n" + fmt.Sprintf(t.w.More, more))
	}
	if shown > 0 {
		total := edge.Money{Amount: sum, Currency: x.release.Currency}
		b.WriteString("\n" + fmt.Sprintf(t.w.Total, total.In(t.c.Lang)))
	}
	if receipt, paid, err := t.paid(ctx, cart); err != nil {
		return nil, err
	} else if paid {
		b.WriteString("\n" + t.w.paid(t.w.PaidText, receipt))
	}
	return &talk.Saying{Text: b.String(), Title: t.w.Open, URL: t.Base + "/c/" + t.c.Token}, nil
}

func (w words) paid(format, receipt string) string {
	if receipt == "" {
		return w.NoSale
	}
	return fmt.Sprintf(format, receipt)
}

// paid reports whether a cart is paid, as far as HQ knows, and with what receipt.
func (s *Service) paid(ctx context.Context, cart *edge.Cart) (receipt string, paid bool, err error) {
	if cart.Closed != nil {
		return cart.Closed.Receipt, true, nil
	}
	sale, err := s.HQ.SaleOfCart(ctx, cart.ID)
	if edge.KindOf(err) == edge.NotFound {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return sale.Receipt.String(), true, nil
}

// titleOf is a variant's name with its shade.
func titleOf(v *edge.Variant, lang string) string {
	name := v.Name.In(lang)
	if shade := v.Shade.In(lang); shade != "" {
		name += " – " + shade
	}
	return name
}

// shopName is what people call a shop.
func (s *Service) shopName(id string) string {
	for i := range s.Shops {
		if s.Shops[i].ID == id && s.Shops[i].Name != "" {
			return s.Shops[i].Name
		}
	}
	if id == "" {
		return s.Brand
	}
	return id
}
