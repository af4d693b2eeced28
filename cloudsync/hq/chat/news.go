package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	newsLook = 2 * time.Second
	// newsSlack is how far each look goes behind the one before it: a change has
	// its time a little before it can be seen.
	newsSlack = 10 * time.Second
	newsFirst = 48 * time.Hour // at the first look: what happened while nobody looked
	maxChats  = 1000
)

// news is something that a person is told once.
type news struct{ topic, text string }

// newsOf lists how a person's cart and its orders stand.
func (s *Service) newsOf(ctx context.Context, c *talk.Conversation) (list []news, err error) {
	w := wordsIn(c.Lang)
	cart, err := s.cartOf(ctx, c)
	if cart == nil || err != nil {
		return nil, err
	}
	receipt, paid, err := s.paid(ctx, cart)
	if err != nil {
		return nil, err
	}
	if paid {
		list = append(list, news{"paid", w.paid(w.Paid, receipt)})
	}
	orders, err := s.ordersOf(ctx, c)
	for _, o := range orders {
		list = append(list, news{"order " + o.Number + " " + o.State, fmt.Sprintf(w.OrderNews, o.Number, orderSays(w, &o, c.Lang))})
	}
	return list, err
}

// tellNews tells people when their cart was paid and when their orders go on,
// until ctx ends.
func (s *Service) tellNews(ctx context.Context) {
	changed, stop := s.HQ.Watch()
	defer stop()
	tick := time.NewTicker(newsLook)
	defer tick.Stop()
	since := s.Now().Add(-newsFirst)
	for {
		now := s.Now()
		if err := s.tellSince(ctx, since); err != nil {
			if ctx.Err() == nil {
				s.Log.Error("news for chat apps", "error", err)
			}
		} else {
			since = now.Add(-newsSlack)
		}
		select { // not with every change: a busy hour has many
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// tellSince tells what changed since then and was not told.
func (s *Service) tellSince(ctx context.Context, since time.Time) error {
	chats, err := s.HQ.Talks().OfChanged(ctx, since, maxChats)
	if err != nil {
		return err
	}
	for i := range chats {
		if _, ok := s.apps[chats[i].App].(sender); !ok {
			continue
		}
		if err := s.tellOne(ctx, &chats[i]); err != nil && edge.KindOf(err) != edge.NotFound { // it may be forgotten meanwhile
			return err
		}
	}
	return nil
}

func (s *Service) tellOne(ctx context.Context, c *talk.Conversation) error {
	list, err := s.newsOf(ctx, c)
	if err != nil || len(list) == 0 {
		return err
	}
	told, err := s.HQ.Talks().Told(ctx, c.ID)
	if err != nil {
		return err
	}
	var lines []talk.Line
	for _, n := range list {
		if !told[n.topic] {
			lines = append(lines, talk.Line{Author: talk.ByBot, State: talk.Queued, Topic: n.topic, Saying: talk.Saying{
				Text: n.text, Title: wordsIn(c.Lang).Open, URL: s.Base + "/c/" + c.Token,
			}})
		}
	}
	if len(lines) == 0 {
		return nil
	}
	_, err = s.HQ.Talks().Change(ctx, c.ID, func(*talk.Conversation) ([]talk.Line, error) { return lines, nil })
	return err
}
