package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Shop is a gateway's state, and what it sold since midnight.
type Shop struct {
	hq.Shop
	Today []hq.Turnover `json:"today"` // one for each currency; empty where nothing was sold
}

// ShopList is the answer of /shops.json, and the data of an event "shops".
type ShopList struct {
	Time  time.Time `json:"time"` // by HQ's clock
	Shops []Shop    `json:"shops"`
}

func (p *Pages) shopList(ctx context.Context) (ShopList, error) {
	now := p.Now().In(p.Zone)
	shops, err := p.HQ.Shops(ctx)
	if err != nil {
		return ShopList{}, err
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, p.Zone)
	sold, err := p.HQ.Turnover(ctx, midnight)
	if err != nil {
		return ShopList{}, err
	}
	list := ShopList{Time: now.UTC(), Shops: make([]Shop, len(shops))}
	for i, s := range shops {
		list.Shops[i] = Shop{Shop: s, Today: []hq.Turnover{}}
		for _, t := range sold {
			if t.Node == s.Node {
				list.Shops[i].Today = append(list.Shops[i].Today, t)
			}
		}
	}
	return list, nil
}

func (p *Pages) shops(c *gin.Context) {
	list, err := p.shopList(c.Request.Context())
	if err != nil {
		p.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, list)
}

// shopView is a tile of the grid.
type shopView struct {
	Shop, Node string
	State      string // good, look, down or new
	Says       string // the state in words
	Hints      []string
	Heard      string // since when nothing was heard
	Event      string // age of the newest event HQ holds
	EventAt    string
	Count      int64
	Sum        string
}

type shopsView struct {
	Summary string
	Good    bool
	Shops   []shopView
	At      string
}

func (p *Pages) shopsPage(c *gin.Context) {
	list, err := p.shopList(c.Request.Context())
	if err != nil {
		p.fail(c, err)
		return
	}
	w := wordsIn(langOf(c))
	v := shopsView{At: list.Time.In(p.Zone).Format("15:04")}
	troubled := 0
	for _, s := range list.Shops {
		tile := p.tile(w, s, list.Time)
		if tile.State != "good" {
			troubled++
		}
		v.Shops = append(v.Shops, tile)
	}
	slices.SortStableFunc(v.Shops, func(a, b shopView) int { return rank(a.State) - rank(b.State) })
	v.Summary, v.Good = w.summary(len(v.Shops), troubled), troubled == 0
	p.render(c, "shops", v)
}

// rank puts the shops first that somebody should look at.
func rank(state string) int { return slices.Index([]string{"look", "down", "new", "good"}, state) }

func (p *Pages) tile(w words, s Shop, now time.Time) shopView {
	v := shopView{Shop: s.Shop.Shop, Node: s.Node, Event: w.Never, Heard: w.Never}
	if !s.LastEvent.IsZero() {
		v.Event, v.EventAt = w.age(now.Sub(s.LastEvent)), p.clock(s.LastEvent, now)
	}
	if !s.Seen.IsZero() {
		v.Heard = w.age(now.Sub(s.Seen))
	}
	switch {
	case s.Since.IsZero() && s.Seen.IsZero():
		v.State, v.Says = "new", w.NotYet
	case !s.Up:
		v.State, v.Says = "down", w.downSince(p.clock(s.Since, now))
		v.Hints = append(v.Hints, w.StillSelling)
	default:
		v.State, v.Says = "good", w.AllRight
	}
	if s.Quarantined > 0 {
		v.Hints = append(v.Hints, w.unusable(s.Quarantined))
	}
	if s.Differing > 0 {
		v.Hints = append(v.Hints, w.differing(s.Differing))
	}
	if s.Quarantined+s.Differing > 0 && v.State == "good" {
		v.State, v.Says = "look", w.NeedsLook
	}
	if missing := missing(s.Lanes); missing > 0 {
		v.Hints = append(v.Hints, w.missing(missing))
	}
	if s.Waiting > 0 {
		v.Hints = append(v.Hints, w.waiting(s.Waiting))
	}
	sums := []string{}
	for _, t := range s.Today {
		v.Count += t.Sales
		sums = append(sums, t.Sum.String())
	}
	v.Sum = strings.Join(sums, " + ")
	if v.Sum == "" {
		v.Sum = edge.Money{Currency: "VND"}.String()
	}
	return v
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
