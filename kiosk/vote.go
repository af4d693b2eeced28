package kiosk

import (
	"context"
	"encoding/json"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// office is what headquarters has told of a cart.
type office interface {
	Record(ctx context.Context, kind edge.RecordKind, id string) (*edge.Record, error)
}

// voteView is how the shopper's friends vote, as the page sees it.
type voteView struct {
	Open bool `json:"open"`
	edge.VoteResult
}

// vote is the vote that a cart's shopper began on the phone; nil where there is
// none.
func (k *Kiosk) vote(ctx context.Context, cart *edge.CartID) *voteView {
	if cart == nil || k.cfg.Office == nil {
		return nil
	}
	r, err := k.cfg.Office.Record(ctx, edge.RecordVote, cart.String())
	if err != nil {
		if edge.KindOf(err) != edge.NotFound && ctx.Err() == nil {
			k.cfg.Log.Error("how friends vote cannot be read", "err", err)
		}
		return nil
	}
	v := &voteView{}
	if err := json.Unmarshal(r.Data, &v.VoteResult); err != nil {
		k.cfg.Log.Error("headquarters sent no vote", "err", err)
		return nil
	}
	v.Open = r.State == edge.VoteOpen && time.Now().Before(v.Closes)
	return v
}
