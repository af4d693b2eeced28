package chat

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// maxReply is how much an operator may write at once, in characters.
const maxReply = 1000

// Waiting lists the conversations that wait for an operator, longest first; all
// says that it is not only those, but all, the latest first.
func (s *Service) Waiting(ctx context.Context, all bool, limit int) ([]talk.Conversation, error) {
	return s.HQ.Talks().List(ctx, !all, limit)
}

// Talk shows a conversation; NotFound where there is none.
func (s *Service) Talk(ctx context.Context, id string) (*talk.View, error) {
	c, lines, err := s.HQ.Talks().Find(ctx, id, 500)
	if err != nil {
		return nil, err
	}
	t := &talk.View{Conversation: *c, Lines: lines}
	if _, err := s.staffMayWrite(c); err != nil {
		t.Why = err.Error()
	}
	t.MayWrite = t.Why == ""
	return t, s.context(ctx, t)
}

// context adds what the person has from the shop.
func (s *Service) context(ctx context.Context, t *talk.View) error {
	cart, err := s.cartOf(ctx, &t.Conversation)
	if cart == nil || err != nil {
		return err
	}
	x, err := s.catalogue.get(ctx)
	if err != nil {
		return err
	}
	t.Total.Currency = x.release.Currency
	for i := range cart.Lines {
		l := &cart.Lines[i]
		if l.Quantity() == 0 {
			continue
		}
		item := talk.Item{SKU: l.SKU, Quantity: l.Quantity()}
		if v, ok := x.bySKU[l.SKU]; ok {
			item.Name, item.Shade, item.Price = v.Name, v.Shade, v.Price
			t.Total.Amount += v.Price.Amount * int64(item.Quantity)
		}
		t.Items = append(t.Items, item)
	}
	if t.Receipt, _, err = s.paid(ctx, cart); err != nil {
		return err
	}
	t.Orders, err = s.ordersOf(ctx, &t.Conversation)
	return err
}

// staffMayWrite is the app that an operator may write in now; its error says why
// not: a *WindowError, or Conflict.
func (s *Service) staffMayWrite(c *talk.Conversation) (app, error) {
	a, ok := s.apps[c.App].(sender)
	if !ok {
		return nil, edge.Errorf("chat.staffMayWrite", edge.Conflict, "%s cannot be written to from here yet: answer in its own app", c.App)
	}
	_, err := s.mayWrite(a, c, true, false)
	return a, err
}

// Reply says something to a person in an operator's name; the bot is silent from
// then on. What has a key that was there before is not said again. An error of
// kind Conflict says that the app does not let us.
func (s *Service) Reply(ctx context.Context, id, by, key, text string) error {
	const op = "chat.Reply"
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > maxReply || plain(text) != text {
		return edge.Errorf(op, edge.Invalid, "the answer has %d characters: write 1 to %d, as plain text", n, maxReply)
	}
	if !staffs(by) || by == "" {
		return edge.Errorf(op, edge.Invalid, "%.40q is no name for an operator: give the token another one", by)
	}
	line := talk.Line{Author: by, State: talk.Queued, Saying: talk.Saying{Text: text}}
	if key != "" {
		if err := edge.CheckKey(key); err != nil {
			return err
		}
		line.Topic = "reply " + key
	}
	_, err := s.HQ.Talks().Change(ctx, id, func(c *talk.Conversation) ([]talk.Line, error) {
		if _, err := s.staffMayWrite(c); err != nil {
			return nil, &edge.Error{Op: op, Kind: edge.Conflict, Msg: err.Error()}
		}
		c.State, c.Waits, c.Misses = talk.Human, time.Time{}, 0
		return []talk.Line{line}, nil
	})
	return err
}

// Release gives a conversation back to the bot, which says so where it may.
func (s *Service) Release(ctx context.Context, id string) error {
	_, err := s.HQ.Talks().Change(ctx, id, func(c *talk.Conversation) ([]talk.Line, error) {
		if c.State != talk.Human {
			return nil, nil
		}
		c.State, c.Waits, c.Misses = talk.Bot, time.Time{}, 0
		a, ok := s.apps[c.App].(sender)
		if !ok {
			return nil, nil
		}
		if _, err := s.mayWrite(a, c, false, false); err != nil {
			return nil, nil //nolint:nilerr // it is not said, then
		}
		return []talk.Line{{Author: talk.ByBot, State: talk.Queued, Saying: talk.Saying{Text: wordsIn(c.Lang).Back}}}, nil
	})
	return err
}
