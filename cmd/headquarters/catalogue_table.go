package headquarters

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// maxShown bounds the rows of each part of a list of changes.
const maxShown = 200

// table writes rows in columns; the first error stays and ends it.
type table struct {
	w   *tabwriter.Writer
	err error
}

func newTable(out io.Writer) *table { return &table{w: tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)} }

func (t *table) row(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *table) end() error {
	if t.err != nil {
		return t.err
	}
	return t.w.Flush()
}

// printChanges shows what a release changes.
func (d *desk) printChanges(before, now *edge.Release, c *edge.ReleaseChanges, issues []hq.Issue) error {
	t := newTable(d.out)
	t.row("%d products in force now, %d then: %d added, %d removed, %d changed. VAT: %s.", len(before.Variants), len(now.Variants),
		len(c.Added), len(c.Removed), len(c.Changed), rates(now))
	if len(issues) > 0 && issues[0].Effective.After(d.now()) {
		t.row("Catalogue %d waits to take effect on %s: this one is newer and takes its place.", issues[0].Version, d.when(issues[0].Effective))
	}
	if c.Looks {
		t.row("The complete looks change.")
	}
	if c.Categories {
		t.row("The shelves change.")
	}
	if len(c.Added)+len(c.Removed)+len(c.Changed) > 0 {
		t.row("")
		t.row("CHANGE\tSKU\tPRODUCT\tBEFORE\tTHEN")
	}
	for i, v := range c.Added {
		if shown(t, "added", i, len(c.Added)) {
			t.row("added\t%s\t%s\t\t%s", v.SKU, title(v), v.Price)
		}
	}
	for i, v := range c.Removed {
		if shown(t, "removed", i, len(c.Removed)) {
			t.row("removed\t%s\t%s\t%s\t", v.SKU, title(v), v.Price)
		}
	}
	for i, v := range c.Changed {
		if !shown(t, "changed", i, len(c.Changed)) {
			continue
		}
		for _, f := range v.Fields {
			more := ""
			if f.Field == "price" && v.Before.Price.Currency == v.Variant.Price.Currency && v.Before.Price.Amount > 0 {
				was := v.Before.Price.Amount
				more = fmt.Sprintf(" (%+.1f %%)", 100*float64(v.Variant.Price.Amount-was)/float64(was))
			}
			t.row("%s\t%s\t%s\t%s\t%s%s", f.Field, v.Variant.SKU, title(v.Variant), orNothing(f.Old), orNothing(f.New), more)
		}
	}
	t.row("")
	leaps(t, c.Changed)
	if len(c.Removed) >= 10 && 2*len(c.Removed) >= len(before.Variants) {
		t.row("WARNING: %d of %d products are no longer sold: a table stands for all that is. Is it whole?", len(c.Removed), len(before.Variants))
		t.row("")
	}
	return t.end()
}

// leaps warns of prices that become ten times what they were, or a tenth: a
// slipped digit, more often than not.
func leaps(t *table, changed []edge.VariantChange) {
	const factor, most = 10, 20
	n := 0
	for i := range changed {
		v := &changed[i]
		was, is := v.Before.Price, v.Variant.Price
		if was.Currency == is.Currency && is.Amount < factor*was.Amount && was.Amount < factor*is.Amount {
			continue
		}
		if n++; n <= most {
			t.row("WARNING: the price of %s (%s) goes from %s to %s. Is that right?", v.Variant.SKU, title(v.Variant), was, is)
		}
	}
	if n > most {
		t.row("WARNING: and %d more prices like these.", n-most)
	}
	if n > 0 {
		t.row("")
	}
}

// shown reports whether row i of n is printed; the first that is not says how
// many follow.
func shown(t *table, what string, i, n int) bool {
	if i == maxShown {
		t.row("…\t\tand %d more %s\t\t", n-maxShown, what)
	}
	return i < maxShown
}

func title(v edge.Variant) string {
	if v.Shade.VI == "" {
		return v.Name.VI
	}
	return v.Name.VI + ", " + v.Shade.VI
}

func orNothing(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// rates lists the VAT rates of a release and how many products have each.
func rates(r *edge.Release) string {
	count := map[edge.BasisPoints]int{}
	var order []edge.BasisPoints
	for i := range r.Variants {
		rate := r.Variants[i].VAT
		if count[rate] == 0 {
			order = append(order, rate)
		}
		count[rate]++
	}
	text := "none"
	for i, rate := range order {
		if i == 0 {
			text = ""
		} else {
			text += ", "
		}
		text += fmt.Sprintf("%s for %d", rate, count[rate])
	}
	return text
}

// list shows the releases, newest first.
func (d *desk) list(ctx context.Context) error {
	issues, err := d.db.Issues(ctx, 1000)
	if err != nil {
		return err
	}
	t := newTable(d.out)
	t.row("VERSION\tIN FORCE FROM\tISSUED\tCONTENT\t")
	overtaken := false
	for _, i := range issues {
		issued, mark := "not to shops", ""
		if !i.Issued.IsZero() {
			issued = d.when(i.Issued)
		}
		switch {
		case i.InForce:
			mark, overtaken = "in force", true
		case !overtaken && i.Effective.After(d.now()):
			mark = "to come"
		}
		note := i.Note
		if note == "" {
			note = "shop_dir"
		}
		t.row("%d\t%s\t%s\t%s\t%s", i.Version, d.when(i.Effective), issued, note, mark)
	}
	return t.end()
}

// show shows a release; version 0 is the one in force.
func (d *desk) show(ctx context.Context, version uint32) error {
	r, err := d.db.Release(ctx)
	if version > 0 {
		r, err = d.db.ReleaseVersion(ctx, version)
	}
	if err != nil {
		return err
	}
	t := newTable(d.out)
	t.row("Catalogue %d, in force from %s, %d products, %d files", r.Version, d.when(r.Effective), len(r.Variants), len(r.Assets))
	t.row("")
	t.row("SKU\tGTIN\tPRODUCT\tPRICE\tVAT\tCOLOUR\tTRY-ON\tPICTURE")
	for i := range r.Variants {
		v := &r.Variants[i]
		t.row("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", v.SKU, v.GTIN, title(*v), v.Price, v.VAT, v.Color, v.TryOn, v.Picture)
	}
	return t.end()
}
