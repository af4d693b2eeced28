package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// What a question is about, by words in it, however they are written. Where
// several fit, the first counts.
var (
	aboutStaff  = []string{"nhân viên", "tư vấn viên", "gặp người", "người thật", "staff", "human", "real person", "speak to someone", "人工", "客服", "店员"}
	aboutOrder  = []string{"đơn hàng", "đơn của", "giao hàng", "vận đơn", "my order", "order status", "delivery", "shipping", "where is my", "订单", "物流", "发货", "快递"}
	aboutCart   = []string{"giỏ hàng", "giỏ của", "cart", "basket", "购物车"}
	aboutHours  = []string{"mở cửa", "đóng cửa", "mấy giờ", "giờ làm", "what time", "địa chỉ", "ở đâu", "opening", "open today", "are you open", "hours", "close", "address", "where are you", "营业", "几点", "地址", "在哪"}
	aboutThanks = []string{"cảm ơn", "cám ơn", "thank you", "thanks", "谢谢"}
	aboutHello  = []string{"xin chào", "chào", "hello", "hi", "hey", "你好", "您好"}
)

// mentions reports whether a folded text has one of some words.
func mentions(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, fold(w)) })
}

// reply answers what was written.
func (t *turn) reply(ctx context.Context) error {
	text := fold(t.m.Text)
	understood := true
	var err error
	switch {
	case t.m.Text == "":
		understood = false
	case mentions(text, aboutStaff):
		t.toStaff(t.w.ToStaff)
	case mentions(text, aboutOrder):
		err = t.orders(ctx)
	case mentions(text, aboutCart):
		err = t.cart(ctx)
	case mentions(text, aboutHours):
		t.hours()
	case len(t.asked) > 0:
		t.products()
	case mentions(text, aboutThanks):
		t.say(t.w.Thanks)
	case mentions(text, aboutHello):
		err = t.greet(ctx)
	default:
		understood = false
	}
	if understood || err != nil {
		t.c.Misses = 0
		return err
	}
	missed := t.w.Missed
	if t.m.Text == "" {
		missed = t.w.OnlyText
	}
	if t.c.Misses++; t.c.Misses >= missesToStaff {
		t.toStaff(missed + " " + t.w.ToStaff)
		return nil
	}
	t.say(missed + " " + t.w.Ask)
	return nil
}

// toStaff hands the conversation over: the bot is silent from now on.
func (t *turn) toStaff(text string) {
	t.c.State, t.c.Waits, t.c.Misses = talk.Human, t.m.At, 0
	t.say(text)
}

func (t *turn) cart(ctx context.Context) error {
	card, err := t.card(ctx)
	switch {
	case err != nil:
		return err
	case card == nil:
		t.say(t.w.NoCart)
	default:
		t.sayWith(*card)
	}
	return nil
}

func (t *turn) orders(ctx context.Context) error {
	list, err := t.ordersOf(ctx, t.c)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.say(t.w.NoOrder)
		return nil
	}
	lines := make([]string, 0, cardLines)
	for _, o := range list[max(len(list)-cardLines, 0):] {
		lines = append(lines, fmt.Sprintf(t.w.OrderIs, o.Number, orderSays(t.w, &o, t.c.Lang)))
	}
	t.say(strings.Join(lines, "\n"))
	return nil
}

// orderSays tells how an order stands, and by what it can be followed.
func orderSays(w words, o *talk.Order, lang string) string {
	says := o.Says.In(lang)
	switch p := o.Parcel; {
	case p == nil:
		return says
	case p.Code == "":
		return says + " " + fmt.Sprintf(w.Carrier, p.Carrier)
	default:
		return says + " " + fmt.Sprintf(w.Tracking, p.Carrier, p.Code)
	}
}

// ordersOf lists the orders of the cart that a person may see.
func (s *Service) ordersOf(ctx context.Context, c *talk.Conversation) ([]talk.Order, error) {
	cart, err := s.cartOf(ctx, c)
	if s.Orders == nil || cart == nil || err != nil {
		return nil, err
	}
	return s.Orders.OrdersOfCart(ctx, cart.ID)
}

// hours tells when the shop is open, or all shops where it is not known which.
func (t *turn) hours() {
	now := t.Now().In(t.Zone)
	var parts []string
	for _, s := range t.Shops {
		if !s.Hours.known() || t.c.Shop != "" && t.c.Shop != s.ID && t.knowsHours(t.c.Shop) {
			continue
		}
		name := s.Name
		if s.Address != "" {
			name += ", " + s.Address
		}
		parts = append(parts, name+"\n"+s.Hours.in(t.w, now))
		if len(parts) == maxShops {
			break
		}
	}
	if len(parts) == 0 {
		t.say(t.w.NoHours)
		return
	}
	t.say(strings.Join(parts, "\n\n"))
}

func (s *Service) knowsHours(shop string) bool {
	return slices.ContainsFunc(s.Shops, func(have Shop) bool { return have.ID == shop && have.Hours.known() })
}

// How much of an answer about products a screen holds.
const (
	maxStock  = 3 // variants whose stock is told
	maxPrices = 6
	maxShops  = 5
	figureOld = 15 * time.Minute
)

// products tells the prices of what was asked for, and where it is in stock, and
// how old the figures are.
func (t *turn) products() {
	var b strings.Builder
	lang := t.c.Lang
	withStock := len(t.asked) <= maxStock
	var oldest time.Time
	for i, v := range t.asked {
		if i == maxPrices {
			b.WriteString("\n" + fmt.Sprintf(t.w.TooMany, len(t.asked)-maxPrices))
			break
		}
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, t.w.Price, titleOf(v, lang), v.Price.In(lang))
		if withStock {
			t.stock(&b, v.SKU, &oldest)
		}
	}
	if !oldest.IsZero() {
		at := oldest.In(t.Zone).Format("15:04 02/01/2006")
		says := t.w.AsOf
		if t.Now().Sub(oldest) > figureOld {
			says = t.w.Old
		}
		b.WriteString("\n" + fmt.Sprintf(says, at))
	}
	t.say(b.String())
}

// stock tells what the shops have of a SKU, the person's own shop first.
func (t *turn) stock(b *strings.Builder, sku edge.SKU, oldest *time.Time) {
	var list []hq.Level
	for _, l := range t.levels {
		if l.SKU == sku {
			list = append(list, l)
		}
	}
	slices.SortStableFunc(list, func(x, y hq.Level) int {
		switch own := t.c.Shop; {
		case x.Shop == own && y.Shop != own:
			return -1
		case y.Shop == own && x.Shop != own:
			return 1
		}
		return int(max(min(y.Quantity-x.Quantity, 1), -1))
	})
	if len(list) == 0 && t.c.Shop != "" {
		b.WriteString("\n  " + fmt.Sprintf(t.w.Unknown, t.shopName(t.c.Shop)))
	}
	for _, l := range list[:min(len(list), maxShops)] {
		says := fmt.Sprintf(t.w.None, t.shopName(l.Shop))
		if l.Quantity > 0 {
			says = fmt.Sprintf(t.w.Left, t.shopName(l.Shop), l.Quantity)
		}
		b.WriteString("\n  " + says)
		if !l.AsOf.IsZero() && (oldest.IsZero() || l.AsOf.Before(*oldest)) {
			*oldest = l.AsOf
		}
	}
}
