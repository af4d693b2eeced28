package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const mattersOnPage = 100 // of each kind

func matterKinds() []hq.MatterKind {
	return []hq.MatterKind{hq.MatterIncident, hq.MatterEvent, hq.MatterRecord}
}

// matterView is something that a person should look at, in words.
type matterView struct {
	Kind    hq.MatterKind
	N       int64
	Title   string
	Means   string // what it means and what to do
	Exact   string // as the programs say it
	Shop    string // its id
	Name    string
	Node    string
	Subject string
	When    string
	Waiting bool
	Over    string // how it ended
}

type matterList struct {
	Title string
	List  []matterView
	Full  bool // there are older ones
}

type mattersView struct {
	Summary string
	Good    bool
	At      string
	Lists   []matterList
}

func (p *Pages) mattersPage(c *gin.Context) {
	ctx, w, now := c.Request.Context(), p.words(c), p.Now()
	n, err := p.HQ.WaitingMatters(ctx)
	if err != nil {
		p.fail(c, err)
		return
	}
	v := mattersView{Summary: w.T("matters_none"), Good: n == 0, At: now.In(p.Zone).Format("15:04")}
	switch {
	case n == 1:
		v.Summary = w.T("matter_one")
	case n > 1:
		v.Summary = w.T("matters_wait", n)
	}
	titles := map[hq.MatterKind]string{hq.MatterIncident: w.T("incidents"), hq.MatterEvent: w.T("events_aside"), hq.MatterRecord: w.T("records")}
	for _, kind := range matterKinds() {
		list, err := p.matters(ctx, w, now, kind, "", mattersOnPage)
		if err != nil {
			p.fail(c, err)
			return
		}
		if len(list) > 0 {
			v.Lists = append(v.Lists, matterList{titles[kind], list, len(list) == mattersOnPage})
		}
	}
	p.render(c, "matters", "incidents", v)
}

func (p *Pages) matters(ctx context.Context, w words, now time.Time, kind hq.MatterKind, shop string, limit int) ([]matterView, error) {
	found, err := p.HQ.Matters(ctx, kind, shop, limit)
	if err != nil {
		return nil, err
	}
	list := make([]matterView, len(found))
	for i := range found {
		list[i] = p.matterView(w, now, &found[i])
	}
	return list, nil
}

func (p *Pages) matterView(w words, now time.Time, m *hq.Matter) matterView {
	of, means := m.Of, m.Of+"_means"
	if m.Kind == hq.MatterEvent {
		of, means = "event", "event_"+string(m.Flaw)
	}
	v := matterView{
		Kind: m.Kind, N: m.N, Title: w.known("k_", of), Means: w.known("k_", means), Exact: m.What, Shop: m.Shop, Node: m.Node,
		Subject: m.Subject, When: w.T("found", p.clock(m.At, now)), Waiting: m.Waiting(),
	}
	if m.Kind == hq.MatterEvent && m.Of != "" {
		v.Subject += " · " + m.Of
	}
	if v.Shop == "" {
		v.Shop = m.Node
	}
	v.Name = p.nameOf(v.Shop)
	switch {
	case m.By != "":
		v.Over = w.T("settled_by", m.By, p.clock(m.Settled.At, now), m.Note)
		if m.Kind == hq.MatterIncident && m.Mended.IsZero() {
			v.Over += " (" + w.T("lasts") + ")"
		}
	case !m.Mended.IsZero():
		v.Over = w.T("mended", p.clock(m.Mended, now))
	}
	return v
}

func (p *Pages) settle(c *gin.Context) {
	n, err := strconv.ParseInt(c.Param("n"), 10, 64)
	if err != nil {
		p.fail(c, edge.Errorf("web.settle", edge.NotFound, "there is nothing called %.20q", c.Param("n")))
		return
	}
	if err := p.HQ.Settle(c.Request.Context(), hq.MatterKind(c.Param("kind")), n, c.PostForm("by"), c.PostForm("note")); err != nil {
		p.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, ownPath(c.PostForm("to")))
}

// asideView is an event that was set aside, as it came.
type asideView struct {
	N                 int64
	Type, ID, Subject string
	Time              string
	Data              string
	Withheld          int // bytes
}

func (p *Pages) setAsidePage(c *gin.Context) {
	n, err := strconv.ParseInt(c.Param("n"), 10, 64)
	if err != nil {
		p.fail(c, edge.Errorf("web.setAsidePage", edge.NotFound, "there is no event %.20q", c.Param("n")))
		return
	}
	o, err := p.HQ.SetAside(c.Request.Context(), n)
	if err != nil {
		p.fail(c, err)
		return
	}
	p.render(c, "aside", "events_aside", asideView{
		N: n, Type: legible(o.Type), ID: legible(o.ID), Subject: legible(o.Subject),
		Time: p.clock(time.UnixMilli(o.Time), p.Now()), Data: legible(o.Data), Withheld: o.Withheld,
	})
}

// legible shows bytes as they are, in lines where they are JSON, and control
// characters as their pictures.
func legible(b []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, b, "", "  ") == nil {
		return out.String()
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return '␀' + r
		}
		return r
	}, strings.ToValidUTF8(string(b), "\uFFFD"))
}
