package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
)

const (
	bundlesOnPage  = 10
	machinesOnPage = 50
)

type bundlesView struct {
	Summary string
	Good    bool
	At      string
	Bundles []bundleView
	Fleets  []fleetView
}

// bundleView is a rollout in words.
type bundleView struct {
	ID, Title, State string
	Classes          string
	Running, Paused  bool
	Stopped          bool
	Rings            []ringView
	Committed, All   int
	Says             []string // counts
	Failed           bool
	Next, Hours      string
	Since, Why       string
	Machines         []machineView
	Open             bool // for pausing and stopping
}

type ringView struct {
	Name       string
	Here, Over bool
}

type machineView struct {
	Shop, Name, Node, State, Message, When string
	Failed                                 bool
}

type fleetView struct{ Class, Version, Gateways string }

func (p *Pages) bundlesPage(c *gin.Context) {
	ctx, w, now := c.Request.Context(), p.words(c), p.Now()
	list, err := p.HQ.Rollouts().List(ctx, bundlesOnPage)
	if err != nil {
		p.fail(c, err)
		return
	}
	fleets, err := p.HQ.Rollouts().Fleets(ctx)
	if err != nil {
		p.fail(c, err)
		return
	}
	v := bundlesView{Summary: w.T("bundles_none"), Good: true, At: now.In(p.Zone).Format("15:04")}
	for i := range list {
		b, err := p.bundleView(ctx, w, now, &list[i])
		if err != nil {
			p.fail(c, err)
			return
		}
		v.Bundles = append(v.Bundles, b)
	}
	if len(list) > 0 {
		v.Summary, v.Good = bundlesSummary(w, list)
	}
	for _, f := range fleets {
		name := w.T("no_bundle")
		if f.Version > 0 {
			name = w.T("bundle_version", f.Version)
		}
		v.Fleets = append(v.Fleets, fleetView{f.Class, name, ringName(w, rollout.Ring{Gateways: f.Gateways})})
	}
	p.render(c, "bundles", "bundles", v)
}

// bundlesSummary is what a person should know first: the newest that is not done.
func bundlesSummary(w words, list []rollout.Rollout) (summary string, good bool) {
	for _, o := range list {
		switch o.State {
		case rollout.Running:
			return w.T("bundle_goes", o.Version), true
		case rollout.Paused:
			return w.T("bundle_held", o.Version), false
		case rollout.Done, rollout.Stopped:
		}
	}
	if o := list[0]; o.State == rollout.Stopped {
		return w.T("bundle_trouble", o.Version), false
	}
	return w.T("bundles_good"), true
}

func (p *Pages) bundleView(ctx context.Context, w words, now time.Time, o *rollout.Rollout) (bundleView, error) {
	v := bundleView{
		ID: o.ID, Title: w.T("bundle_version", o.Version), State: w.known("ro_", string(o.State)), Classes: strings.Join(o.Classes, ", "),
		Running: o.State == rollout.Running, Paused: o.State == rollout.Paused, Stopped: o.State == rollout.Stopped,
		Committed: o.Counts.Committed, All: o.Counts.Gateways, Failed: o.Counts.Failed > 0,
		Since: w.T("bundle_since", p.clock(o.Created, now), o.By),
	}
	v.Open = v.Running || v.Paused
	switch o.Why {
	case "":
	case rollout.WhyExpired:
		v.Why = w.T("bundle_why", w.T("bundle_expired"))
	case rollout.WhyFirstRing:
		v.Why = w.T("bundle_why", w.T("bundle_first_ring"))
	case rollout.WhyTooMany:
		v.Why = w.T("bundle_why", w.T("bundle_too_many"))
	default: // as people wrote it
		v.Why = w.T("bundle_why", o.Why)
	}
	for i, r := range o.Plan.Rings {
		v.Rings = append(v.Rings, ringView{ringName(w, r), i == o.Ring && o.State != rollout.Done, i < o.Ring || o.State == rollout.Done})
	}
	v.Says = []string{w.T("bundle_runs", o.Counts.Committed, o.Counts.Gateways)}
	for _, s := range []struct {
		word string
		n    int
	}{{"bundle_under_way", o.Counts.UnderWay}, {"bundle_failed", o.Counts.Failed}, {"bundle_silent", o.Counts.Silent}} {
		if s.n > 0 {
			v.Says = append(v.Says, w.T(s.word, s.n))
		}
	}
	if v.Running {
		v.Next = w.T("ring_waits")
		if word := "ring_next"; !o.Ripe.IsZero() {
			if o.Ring == len(o.Plan.Rings)-1 {
				word = "ring_last"
			}
			v.Next = w.T(word, p.clock(o.Ripe.Add(o.Plan.Soak), now))
		}
	}
	if h := o.Plan.Window; h != nil {
		v.Hours = w.T("bundle_hours", timeOfDay(h.From), timeOfDay(h.To))
	}
	machines, err := p.HQ.Rollouts().Machines(ctx, o.ID, machinesOnPage)
	for _, m := range machines {
		v.Machines = append(v.Machines, machineView{
			Shop: m.Shop, Name: p.nameOf(m.Shop), Node: m.Node, State: w.known("bs_", string(m.State)), Message: m.Message,
			When: p.clock(m.At, now), Failed: m.State.Final(),
		})
	}
	return v, err
}

func ringName(w words, r rollout.Ring) string {
	switch {
	case r.Percent == 100:
		return w.T("ring_all")
	case r.Percent > 0:
		return fmt.Sprintf("%d %%", r.Percent)
	case r.Gateways == 1:
		return w.T("ring_one")
	}
	return w.T("ring_count", r.Gateways)
}

func timeOfDay(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// actOnBundle pauses, resumes or stops a rollout, which writes it down.
func (p *Pages) actOnBundle(c *gin.Context) {
	_, err := p.HQ.Rollouts().Do(c.Request.Context(), c.Param("id"), rollout.Act(c.Param("act")), officer(c), c.PostForm("why"))
	if err != nil {
		p.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/bundles?lang="+langOf(c))
}
