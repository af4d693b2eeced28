package web

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// shopView is a gateway's tile.
type shopView struct {
	Shop, Name string // its id, and what people call it
	Node       string
	State      string // good, look, down or new
	Says       string // the state in words
	Hints      []string
	Matters    []string // what waits for a person
	Heard      string   // since when nothing was heard
	Lag        string   // what is on its way
	LastSale   string   // age
	LastSaleAt string
	Count      int64
	Sum        string
	Health     healthView
}

type shopsView struct {
	Summary string
	Good    bool
	Shops   []shopView
	At      string
}

func (p *Pages) shopsPage(c *gin.Context) {
	w, now := p.words(c), p.Now()
	tiles, err := p.tiles(c.Request.Context(), w, now, "")
	if err != nil {
		p.fail(c, err)
		return
	}
	v := shopsView{At: now.In(p.Zone).Format("15:04"), Shops: tiles}
	troubled := 0
	for _, tile := range tiles {
		if tile.State != "good" {
			troubled++
		}
	}
	slices.SortStableFunc(v.Shops, func(a, b shopView) int { return rank(a.State) - rank(b.State) })
	v.Summary, v.Good = w.summary(len(v.Shops), troubled), troubled == 0
	p.render(c, "shops", "shops", v)
}

// rank puts the shops first that somebody should look at.
func rank(state string) int { return slices.Index([]string{"look", "down", "new", "good"}, state) }

// tiles makes the tiles of a shop's gateways, or of all.
func (p *Pages) tiles(ctx context.Context, w words, now time.Time, shop string) ([]shopView, error) {
	shops, err := p.HQ.Shops(ctx)
	if err != nil {
		return nil, err
	}
	begin, end := p.midnight(now, 0), p.midnight(now, 1)
	sold, err := p.HQ.Turnover(ctx, begin, end, end.Sub(begin))
	if err != nil {
		return nil, err
	}
	list := []shopView{}
	for i := range shops {
		s := &shops[i]
		if shop != "" && s.Shop != shop {
			continue
		}
		v := shopView{Shop: s.Shop, Name: p.nameOf(s.Shop), Node: s.Node, LastSale: w.T("never"), Heard: w.T("never"), Sum: edge.Money{Currency: "VND"}.In(w.lang)}
		sample, received, err := p.HQ.LastSample(ctx, s.Node)
		switch {
		case err == nil:
			v.Health = p.health(w, now, sample, received)
		case !isNotFound(err):
			return nil, err
		}
		p.state(w, now, s, &v)
		v.Lag = lag(w, now, s, sample, received)
		sums := []string{}
		for _, t := range sold {
			if t.Node == s.Node && t.Shop == s.Shop {
				v.Count += t.Sales
				sums = append(sums, t.Sum.In(w.lang))
			}
		}
		if len(sums) > 0 {
			v.Sum = strings.Join(sums, " + ")
		}
		list = append(list, v)
	}
	return list, nil
}

func isNotFound(err error) bool {
	e, ok := errors.AsType[*edge.Error](err)
	return ok && e.Kind == edge.NotFound
}

// state says how a gateway is.
func (p *Pages) state(w words, now time.Time, s *hq.Shop, v *shopView) {
	if !s.LastSale.IsZero() {
		v.LastSale, v.LastSaleAt = w.age(now.Sub(s.LastSale)), p.clock(s.LastSale, now)
	}
	if !s.Seen.IsZero() {
		v.Heard = w.age(now.Sub(s.Seen))
	}
	switch {
	case s.Since.IsZero() && s.Seen.IsZero():
		v.State, v.Says = "new", w.T("not_yet")
	case !s.Up:
		v.State, v.Says = "down", w.T("down_since", p.clock(s.Since, now))
		v.Hints = append(v.Hints, w.T("still_selling"))
	case s.Since.IsZero():
		v.State, v.Says = "good", w.T("line_up")
	default:
		v.State, v.Says = "good", w.T("line_up_since", p.clock(s.Since, now))
	}
	for _, m := range []struct {
		name string
		n    int64
	}{{"incidents_open", s.Incidents}, {"unusable", s.Quarantined}, {"differing", s.Differing}} {
		if m.n > 0 {
			v.Matters = append(v.Matters, w.T(m.name, m.n))
		}
	}
	if missing := missing(s.Lanes); missing > 0 {
		v.Hints = append(v.Hints, w.T("missing", missing))
	}
	if s.Waiting > 0 {
		v.Hints = append(v.Hints, w.T("changes_wait", s.Waiting))
	}
	if !s.Renewed.IsZero() {
		v.Hints = append(v.Hints, w.T("new_series", p.clock(s.Renewed, now), s.Epochs))
	}
	if (len(v.Matters) > 0 || v.Health.Bad) && v.State == "good" {
		v.State = "look"
	}
}

// lag says what a shop has not sent yet, as far as that is known: a shop tells
// it while the line is up.
func lag(w words, now time.Time, s *hq.Shop, sample *cloudsync.Sample, received time.Time) string {
	if s.Since.IsZero() && s.Seen.IsZero() {
		return "–"
	}
	if !s.Up {
		return w.T("wait_for_line")
	}
	if sample != nil {
		for _, l := range sample.Lanes {
			if l.Lane == edge.LaneSale && l.Waiting > 0 {
				return w.T("records_wait", l.Waiting, w.span(max(0, sample.At.Sub(l.Oldest)+now.Sub(received))))
			}
		}
	}
	return w.T("nothing_waits")
}

// missing counts the events beyond a gap: the highest held less those held
// without one.
func missing(lanes []hq.Lane) uint64 {
	var n uint64
	for _, l := range lanes {
		n += l.Seen - min(l.Mark, l.Seen)
	}
	return n
}

// clock is a time of day, with the date where that is another one.
func (p *Pages) clock(t, now time.Time) string {
	t, now = t.In(p.Zone), now.In(p.Zone)
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04:05")
	}
	return t.Format("02/01/2006 15:04")
}
