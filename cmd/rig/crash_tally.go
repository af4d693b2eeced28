package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// CrashReport is the one line of JSON, and what the table says besides.
type CrashReport struct {
	Seed        uint64         `json:"-"`
	Victims     map[string]int `json:"-"` // kills by what was killed
	Held        int            `json:"-"` // sales at headquarters
	Quarantined int            `json:"-"`
	Incidents   []hq.Incident  `json:"-"`
	Differing   int            `json:"-"` // records that do not add up, and stock
	Began       time.Time      `json:"-"`
	Took        time.Duration  `json:"-"`

	Kills    int `json:"kills"`
	Receipts int `json:"receipts"` // printed
	Lost     int `json:"lost"`     // asked for, and not at headquarters as it was printed
	Doubled  int `json:"doubled"`  // sales and receipt numbers beyond the one that was asked for
	Gaps     int `json:"gaps"`     // receipt numbers and events that are missing between others
}

// lasting counts the incidents that must not be: all but gaps that were filled.
// There is one whenever what a collector took with it does not come again within
// seconds, which a machine that is busy starting processes may need.
func (r *CrashReport) lasting() (n int) {
	for _, i := range r.Incidents {
		if i.Kind != hq.IncidentGap || i.Closed.IsZero() {
			n++
		}
	}
	return n
}

// Err says what must not be.
func (r *CrashReport) Err() error {
	if r.Lost+r.Doubled+r.Gaps+r.Quarantined+r.lasting()+r.Differing == 0 {
		return nil
	}
	return fmt.Errorf("%d lost, %d doubled, %d gaps, %d quarantined, %d incidents, %d differing: want none; run it again with --seed %d",
		r.Lost, r.Doubled, r.Gaps, r.Quarantined, r.lasting(), r.Differing, r.Seed)
}

// Print writes the table.
func (r *CrashReport) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d kills in %s: broker %d, gateways %d, collectors %d; seed %d

  receipts     %8d printed, %d sales at headquarters
  lost         %8d
  doubled      %8d
  gaps         %8d
  quarantined  %8d events
  incidents    %8d, and %d gaps that were filled
  differing    %8d records
`, r.Kills, r.Took.Round(time.Second), r.Victims["broker"], r.Victims["gateway"], r.Victims["collector"], r.Seed,
		r.Receipts, r.Held, r.Lost, r.Doubled, r.Gaps, r.Quarantined, r.lasting(), len(r.Incidents)-r.lasting(), r.Differing)
	for _, i := range r.Incidents {
		if err == nil {
			_, err = fmt.Fprintf(w, "  %s: %s, lane %s, after %s, for %s: %s\n", i.Kind, i.Node, i.Lane,
				i.Opened.Sub(r.Began).Round(time.Second), i.Closed.Sub(i.Opened).Round(time.Second), i.What)
		}
	}
	return err
}

// number is a printed receipt's: each gateway has its own.
type number struct {
	node    string
	receipt edge.Receipt
}

// tally holds what gateways printed. It is safe for concurrent use.
type tally struct {
	mu      sync.Mutex
	tried   map[edge.CartID]string // the node
	sold    map[edge.CartID]number
	given   map[number]edge.CartID
	doubled int
	unclear error // a line that nobody understands
}

func newTally() *tally {
	return &tally{tried: map[edge.CartID]string{}, sold: map[edge.CartID]number{}, given: map[number]edge.CartID{}}
}

// hear notes a line that a gateway printed, see Part.
func (t *tally) hear(node, line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := strings.Fields(line)
	var cart edge.CartID
	switch {
	case len(f) == 2 && f[0] == "try" && cart.UnmarshalText([]byte(f[1])) == nil:
		t.tried[cart] = node
		return
	case len(f) == 3 && f[0] == "sold" && cart.UnmarshalText([]byte(f[1])) == nil:
		if r, err := edge.ParseReceipt(f[2]); err == nil && t.tried[cart] == node {
			t.print(cart, number{node, r})
			return
		}
	}
	t.unclear = fmt.Errorf("%s printed %q", node, line)
}

// print notes a receipt. The same one may be printed for its cart again.
func (t *tally) print(cart edge.CartID, n number) {
	before, printed := t.sold[cart]
	other, given := t.given[n]
	if printed && before != n || given && other != cart {
		t.doubled++
	}
	t.sold[cart], t.given[n] = n, cart
}

// sellers is how many nodes have printed a receipt; its error is of one that
// printed what is none.
func (t *tally) sellers() (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	nodes := map[string]bool{}
	for n := range t.given {
		nodes[n.node] = true
	}
	return len(nodes), t.unclear
}

// unanswered lists the sales of a node that were asked for and got no receipt.
func (t *tally) unanswered(node string) (list []edge.CartID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for cart, by := range t.tried {
		if _, ok := t.sold[cart]; !ok && by == node {
			list = append(list, cart)
		}
	}
	return list
}

// count compares what was printed with what headquarters holds.
func (t *tally) count(ctx context.Context, h *hq.HQ, r *CrashReport) error {
	if err := errors.Join(t.unclear, h.Project(ctx)); err != nil {
		return err
	}
	c := newCensus(t)
	for after := int64(0); ; {
		sales, err := h.Sales(ctx, after, 1000)
		if err != nil {
			return err
		}
		if len(sales) == 0 {
			break
		}
		for _, s := range sales {
			c.see(s.Sale.Cart, number{s.Node, s.Sale.Receipt})
			after = s.Cursor
		}
	}
	c.sum(r)
	if err := c.look(ctx, h, r); err != nil {
		return err
	}
	if err := h.LookForIncidents(ctx); err != nil { // which closes those that are mended
		return err
	}
	var err error
	r.Incidents, err = h.Incidents(ctx, false, 1000)
	return err
}

// census counts headquarters' sales.
type census struct {
	*tally
	held    map[edge.CartID]number
	taken   map[number]bool
	last    map[number]uint64 // counter of each series, whose number has none
	doubled int
}

func newCensus(t *tally) *census {
	return &census{tally: t, held: map[edge.CartID]number{}, taken: map[number]bool{}, last: map[number]uint64{}, doubled: t.doubled}
}

// see counts a sale.
func (c *census) see(cart edge.CartID, n number) {
	_, again := c.held[cart]
	_, asked := c.tried[cart]
	if again || !asked || c.taken[n] {
		c.doubled++
	}
	c.held[cart], c.taken[n] = n, true
	series := n
	series.receipt.Counter = 0
	c.last[series] = max(c.last[series], n.receipt.Counter)
}

// sum writes down what was seen.
func (c *census) sum(r *CrashReport) {
	r.Receipts, r.Held, r.Doubled = len(c.sold), len(c.held), c.doubled
	for cart := range c.tried {
		if n, printed := c.sold[cart]; !printed || c.held[cart] != n {
			r.Lost++
		}
	}
	missing := -len(c.taken)
	for _, last := range c.last {
		missing += int(last)
	}
	r.Gaps = missing
}

// look adds what headquarters itself has found amiss.
func (c *census) look(ctx context.Context, h *hq.HQ, r *CrashReport) error {
	shops, err := h.Shops(ctx)
	if err != nil {
		return err
	}
	for _, s := range shops {
		for _, l := range s.Lanes {
			r.Gaps += int(l.Seen - l.Mark)
		}
		r.Quarantined += int(s.Quarantined)
		r.Differing += int(s.Differing)
		stock, err := h.Stock(ctx, s.Shop)
		if err != nil {
			return err
		}
		for _, v := range release().Variants {
			if stock[v.SKU] != -s.Sales {
				r.Differing++
			}
		}
	}
	return nil
}
