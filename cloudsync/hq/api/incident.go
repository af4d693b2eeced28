package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Incident is something that went wrong and a person should know.
type Incident struct {
	Cursor  string          `json:"cursor"`
	Kind    hq.IncidentKind `json:"kind"`
	Shop    string          `json:"shop,omitempty"` // none where it concerns no single one
	Node    string          `json:"node,omitempty"`
	Epoch   string          `json:"epoch,omitempty"`
	Lane    edge.Lane       `json:"lane,omitempty"`
	What    string          `json:"what"`
	Opened  time.Time       `json:"opened"`
	Closed  time.Time       `json:"closed,omitzero"` // none while it lasts
	Settled *Settled        `json:"settled,omitempty"`
}

// Settled says who has dealt with something, and what they found.
type Settled struct {
	By   string    `json:"by"`
	Note string    `json:"note"`
	At   time.Time `json:"at"`
}

func newSettled(s hq.Settled) *Settled {
	if s.By == "" {
		return nil
	}
	return &Settled{s.By, s.Note, s.At}
}

func (a *API) incidentsFrom(c *gin.Context) (source[Incident], error) {
	const list = "incidents"
	f, err := filterOf(c)
	if err != nil {
		return source[Incident]{}, err
	}
	open, err := truthOf(c, "open")
	return source[Incident]{list, func(ctx context.Context, after string, limit int) (p page[Incident], err error) {
		n, err := position(list, after)
		if err != nil {
			return p, err
		}
		found, err := a.HQ.FindIncidents(ctx, f, open, n, limit)
		if err != nil {
			return p, err
		}
		p.next, p.more = after, len(found) == limit
		for _, i := range found {
			p.next = positionCursor(list, i.N)
			p.rows = append(p.rows, Incident{p.next, i.Kind, i.Shop, i.Node, i.Epoch, i.Lane, i.What, i.Opened, i.Closed, newSettled(i.Settled)})
		}
		return p, nil
	}}, err
}

// SetAside is an event that HQ could not use: it is kept, and counts nowhere.
type SetAside struct {
	Cursor  string          `json:"cursor"`
	Shop    string          `json:"shop,omitempty"`
	Node    string          `json:"node"`
	Epoch   string          `json:"epoch"`
	Lane    edge.Lane       `json:"lane"`
	Seq     uint64          `json:"seq"`
	Hash    edge.Hash       `json:"hash"`
	Type    string          `json:"type,omitempty"` // where it is known
	Kind    hq.FlawKind     `json:"kind"`
	Reason  string          `json:"reason"`
	At      time.Time       `json:"at"`
	Event   json.RawMessage `json:"event"` // a cloudsync.Opaque
	Settled *Settled        `json:"settled,omitempty"`
}

func (a *API) setAsideFrom(c *gin.Context) (source[SetAside], error) {
	const list = "quarantine"
	f, err := filterOf(c)
	return source[SetAside]{list, func(ctx context.Context, after string, limit int) (p page[SetAside], err error) {
		n, err := position(list, after)
		if err != nil {
			return p, err
		}
		found, err := a.HQ.FindSetAside(ctx, f, n, limit)
		if err != nil {
			return p, err
		}
		p.next, p.more = after, len(found) == limit
		for _, x := range found {
			p.next = positionCursor(list, x.N)
			p.rows = append(p.rows, SetAside{p.next, x.Shop, x.Node, x.Epoch, x.Lane, x.Seq, x.Hash, x.Type, x.Kind, x.Reason, x.At, x.Body, newSettled(x.Settled)})
		}
		return p, nil
	}}, err
}
