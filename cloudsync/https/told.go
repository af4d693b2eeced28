package https

import (
	"context"
	"net/http"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Told brings to HQ what is kept of persons that it asked about.
type Told struct{ Post }

// Send brings what is kept of one person. An edge.Error of kind Unavailable says
// that it may succeed later, of any other that HQ never takes it. No error says
// anything of the person.
func (p *Told) Send(ctx context.Context, t *edge.PersonTold) error {
	const op = "https.Told"
	status, _, err := p.send(ctx, op, parcel{cloudsync.ToldPath, cloudsync.ToldType, cloudsync.ToldTopic(p.Node), cloudsync.KindTold, t})
	if err != nil {
		return err
	}
	switch status {
	case http.StatusNoContent:
		return nil
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return edge.Errorf(op, edge.Invalid, "HQ does not take it: status %d", status)
	}
	return edge.Errorf(op, edge.Unavailable, "HQ does not take it now: status %d", status)
}
