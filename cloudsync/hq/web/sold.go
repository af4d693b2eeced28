package web

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const shopsInPlot = 100 // rows; the totals count all

// period is a stretch of days, split into columns.
type period struct {
	name   string
	bounds []time.Time // of the columns, one more than there are
	days   bool        // a column is a day, else an hour
}

func (p *Pages) midnight(t time.Time, days int) time.Time {
	t = t.In(p.Zone)
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, p.Zone)
}

func (p *Pages) periodOf(name string, now time.Time) (period, bool) {
	when := period{name: name}
	switch name {
	case "today", "yesterday":
		day := 0
		if name == "yesterday" {
			day = -1
		}
		end := p.midnight(now, day+1)
		for t := p.midnight(now, day); t.Before(end); t = t.Add(time.Hour) {
			when.bounds = append(when.bounds, t)
		}
		when.bounds = append(when.bounds, end)
	case "week":
		when.days = true
		for day := -6; day <= 1; day++ {
			when.bounds = append(when.bounds, p.midnight(now, day))
		}
	default:
		return when, false
	}
	return when, true
}

// columns sums up what was sold in each column of a period. Days are not
// equally long everywhere, so each is asked for by itself.
func (p *Pages) columns(ctx context.Context, when period) (list []hq.Turnover, err error) {
	first, last := when.bounds[0], when.bounds[len(when.bounds)-1]
	if !when.days {
		return p.HQ.Turnover(ctx, first, last, time.Hour)
	}
	for i, from := range when.bounds[:len(when.bounds)-1] {
		to := when.bounds[i+1]
		day, err := p.HQ.Turnover(ctx, from, to, to.Sub(from))
		if err != nil {
			return nil, err
		}
		for _, t := range day {
			t.Part = i
			list = append(list, t)
		}
	}
	return list, nil
}

// total is what was sold of one currency.
type total struct {
	Sales string
	Sum   string
}

// shopRow is a shop's line below a plot.
type shopRow struct {
	Shop, Name string // its id, and what people call it
	Sales, Sum string
	Path       string // of its own small plot
	count      int64
	amount     int64
	amounts    []int64
}

// soldView is what was sold in a period: the totals, and for each currency a
// plot and a row for each shop.
type soldView struct {
	Totals []total
	Plots  []soldPlot
	More   int // shops that have no row
}

type soldPlot struct {
	plot
	Rows []shopRow
	Mini [2]int // width and height of their plots
}

// sums are what was sold of one currency.
type sums struct {
	columns []hq.Turnover // of all shops
	shops   map[string]*shopRow
	total   hq.Turnover
}

func (p *Pages) soldIn(ctx context.Context, w words, when period, shop string) (v soldView, err error) {
	list, err := p.columns(ctx, when)
	if err != nil {
		return v, err
	}
	n := len(when.bounds) - 1
	by := map[string]*sums{}
	for _, t := range list {
		if shop != "" && t.Shop != shop {
			continue
		}
		s := by[t.Sum.Currency]
		if s == nil {
			s = &sums{columns: make([]hq.Turnover, n), shops: map[string]*shopRow{}, total: hq.Turnover{Sum: edge.Money{Currency: t.Sum.Currency}}}
			by[t.Sum.Currency] = s
		}
		s.add(t, n)
	}
	for _, s := range by {
		v.Plots = append(v.Plots, p.soldPlot(w, when, s))
		v.Totals = append(v.Totals, total{w.sales(s.total.Sales), s.total.Sum.In(w.lang)})
		v.More = max(v.More, len(s.shops)-shopsInPlot)
	}
	slices.SortFunc(v.Plots, func(a, b soldPlot) int { return cmp.Compare(a.Title, b.Title) })
	slices.SortFunc(v.Totals, func(a, b total) int { return cmp.Compare(a.Sum, b.Sum) })
	return v, nil
}

func (s *sums) add(t hq.Turnover, columns int) {
	row := s.shops[t.Shop]
	if row == nil {
		row = &shopRow{Shop: t.Shop, amounts: make([]int64, columns)}
		s.shops[t.Shop] = row
	}
	row.count += t.Sales
	row.amount += t.Sum.Amount
	row.amounts[t.Part] += t.Sum.Amount
	for _, sum := range []*hq.Turnover{&s.columns[t.Part], &s.total} {
		sum.Sales += t.Sales
		sum.Sum.Amount += t.Sum.Amount
	}
}

func (p *Pages) soldPlot(w words, when period, s *sums) soldPlot {
	currency := s.total.Sum.Currency
	v := soldPlot{Mini: [2]int{miniWidth, miniHeight}}
	v.Title, v.Unit = w.T("sales_by_hour"), w.T("hour")
	if when.days {
		v.Title, v.Unit = w.T("sales_by_day"), w.T("day")
	}
	most := 0
	for i := range s.columns {
		at := when.bounds[i].In(p.Zone)
		c := column{Label: at.Format("15:04"), Sales: w.sales(s.columns[i].Sales), amount: s.columns[i].Sum.Amount}
		c.Sum = edge.Money{Amount: c.amount, Currency: currency}.In(w.lang)
		switch {
		case when.days:
			c.Label = at.Format("02/01")
			c.Short = c.Label
		case at.Hour()%6 == 0:
			c.Short = at.Format("15:04")
		}
		v.Columns = append(v.Columns, c)
		if c.amount > v.Columns[most].amount {
			most = i
		}
	}
	v.lay(w, currency)
	v.Says = w.T("plot_says", v.Title, v.Columns[most].Label, v.Columns[most].Sum)
	v.Title = strings.TrimSpace(v.Title + " " + currencyIfOther(currency))
	var top int64
	for _, row := range s.shops {
		top = max(top, slices.Max(row.amounts))
	}
	for _, row := range s.shops {
		row.Name, row.Sales, row.Sum, row.Path = p.nameOf(row.Shop), w.sales(row.count), edge.Money{Amount: row.amount, Currency: currency}.In(w.lang), mini(row.amounts, top)
		v.Rows = append(v.Rows, *row)
	}
	slices.SortFunc(v.Rows, func(a, b shopRow) int {
		return cmp.Or(cmp.Compare(b.amount, a.amount), cmp.Compare(a.Shop, b.Shop))
	})
	v.Rows = v.Rows[:min(len(v.Rows), shopsInPlot)]
	return v
}

// currencyIfOther names a currency that a reader would not expect.
func currencyIfOther(currency string) string {
	if currency == "VND" {
		return ""
	}
	return "(" + currency + ")"
}
