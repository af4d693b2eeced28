package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const maxBody = 4 << 10

// PullOrder is the body of a request for a pull. From and To are times (RFC
// 3339, by the shop's clock) or numbers of events.
type PullOrder struct {
	Kind string    `json:"kind"`
	Node string    `json:"node,omitempty"`
	Lane edge.Lane `json:"lane,omitempty"`
	From string    `json:"from,omitempty"`
	To   string    `json:"to,omitempty"`
}

// PullResult is one part of what a shop answered to a snapshot or a diagnosis.
type PullResult struct {
	Node    string           `json:"node"`
	Command string           `json:"command"`
	Result  cloudsync.Result `json:"result"`
}

// request translates the order.
func (o PullOrder) request(shop string) (r hq.PullRequest, err error) {
	if !storable(o.Node) {
		return r, invalid("node %.40q is no text", o.Node)
	}
	r = hq.PullRequest{Shop: shop, Node: o.Node, Kind: o.Kind, Lane: o.Lane}
	if r.FromSeq, r.FromTime, err = seqOrTime("from", o.From); err != nil {
		return r, err
	}
	r.ToSeq, r.ToTime, err = seqOrTime("to", o.To)
	return r, err
}

func seqOrTime(name, s string) (uint64, time.Time, error) {
	if s == "" {
		return 0, time.Time{}, nil
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil && n > 0 {
		return n, time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, t, invalid("%s %.40q: want the number of an event, or a time as 2026-11-21T09:00:00+07:00", name, s)
	}
	return 0, t, nil
}

func (a *API) startPull(c *gin.Context) {
	var o PullOrder
	if err := body(c, &o); err != nil {
		a.fail(c, err)
		return
	}
	r, err := o.request(c.Param("shop"))
	if err != nil {
		a.fail(c, err)
		return
	}
	id, err := a.HQ.Pull(c.Request.Context(), r)
	if err != nil {
		a.fail(c, err)
		return
	}
	p, err := a.HQ.PullByID(c.Request.Context(), id)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Header("Location", "/v1/pulls/"+id)
	reply(c, http.StatusAccepted, p)
}

func (a *API) pull(c *gin.Context) {
	p, err := a.HQ.PullByID(c.Request.Context(), c.Param("id"))
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, p)
}

// pullShop is the shop that a pull asks.
func (a *API) pullShop(ctx context.Context, id string) (string, error) {
	p, err := a.HQ.PullByID(ctx, id)
	if err != nil {
		return "", err
	}
	return p.Shop, nil
}

// pullResults answers with what the shop sent to a snapshot or a diagnosis.
func (a *API) pullResults(c *gin.Context) {
	ctx := c.Request.Context()
	p, err := a.HQ.PullByID(ctx, c.Param("id"))
	if err != nil {
		a.fail(c, err)
		return
	}
	list := []PullResult{}
	for _, command := range p.Commands {
		if command.Op != cloudsync.OpSnapshot && command.Op != cloudsync.OpDiagnostics {
			continue
		}
		parts, err := a.HQ.CommandResult(ctx, command.ID)
		if err != nil {
			a.fail(c, err)
			return
		}
		for _, part := range parts {
			list = append(list, PullResult{command.Node, command.ID, part})
		}
	}
	reply(c, http.StatusOK, gin.H{"results": list})
}
