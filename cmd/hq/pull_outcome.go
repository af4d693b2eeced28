package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/api"
)

// tell writes for people what came of a pull that is done.
func tell(out io.Writer, p *hq.Pull, results []api.PullResult) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	switch p.Kind {
	case hq.PullDigest:
		if p.Differing == 0 {
			fmt.Fprintf(w, "%s and headquarters hold the same.\n", p.Shop)
			break
		}
		fmt.Fprintf(w, "%d blocks differed; %d events were sent once more.\n", p.Differing, p.Done)
	case hq.PullRange:
		fmt.Fprintf(w, "%d events were sent once more.\n", p.Done)
	}
	node := ""
	for _, r := range results {
		if r.Node != node {
			node = r.Node
			fmt.Fprintf(w, "gateway\t%s\n", node)
		}
		tellResult(w, r.Result)
	}
	return w.Flush()
}

// tellResult writes one part of a snapshot, or a diagnosis.
func tellResult(w io.Writer, r cloudsync.Result) {
	if !r.At.IsZero() {
		fmt.Fprintf(w, "as of\t%s, by the shop's clock\n", r.At.Format(time.RFC3339))
	}
	for _, m := range r.Marks {
		fmt.Fprintf(w, "lane %s\tof epoch %s: %d events, %d confirmed\n", m.Lane, m.Epoch, m.Head, m.Mark)
	}
	for _, n := range r.Receipts {
		fmt.Fprintf(w, "last receipt\t%s\n", n)
	}
	for _, s := range r.Stock {
		fmt.Fprintf(w, "stock\t%s\t%d\n", s.SKU, s.Quantity)
	}
	for _, c := range r.Carts {
		fmt.Fprintf(w, "open cart\t%s\t%d lines\n", c.ID, len(c.Lines))
	}
	if r.Diagnostics != nil {
		tellDiagnosis(w, r.Diagnostics)
	}
}

func tellDiagnosis(w io.Writer, d *cloudsync.Diagnostics) {
	s := &d.Sample
	fmt.Fprintf(w, "version\t%s, %s, %s\n", d.Version, d.Go, d.System)
	fmt.Fprintf(w, "running for\t%s\n", time.Duration(s.Uptime)*time.Second)
	fmt.Fprintf(w, "epoch\t%s\n", d.Epoch)
	fmt.Fprintf(w, "clock\theadquarters' is %s ahead\n", time.Duration(d.ClockOffset)*time.Millisecond)
	for _, l := range s.Lanes {
		fmt.Fprintf(w, "lane %s\t%d events wait\n", l.Lane, l.Waiting)
	}
	if s.DiskTotal > 0 {
		const giga = 1 << 30
		fmt.Fprintf(w, "disk\t%.1f of %.1f GiB free\n", float64(s.DiskFree)/giga, float64(s.DiskTotal)/giga)
	}
	for _, f := range d.Faults {
		fmt.Fprintf(w, "fault\t%s\t%s: %s\n", f.At.Format(time.RFC3339), f.Part, f.Message)
	}
}
