package https

import (
	"context"
	"net/http"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Contacts brings to HQ to whom orders go, and what is kept of persons that it asked
// about. An edge.Error of kind Unavailable says that it may succeed later, of any
// other that HQ never takes it. No error says anything of a person.
type Contacts struct{ Post }

// Send brings one contact.
func (p *Contacts) Send(ctx context.Context, c *edge.OrderContact) error {
	return p.bring(ctx, parcel{cloudsync.ContactPath, cloudsync.ContactType, cloudsync.ContactTopic(p.Node), cloudsync.KindContact, c})
}

// Tell brings what is kept of one person.
func (p *Contacts) Tell(ctx context.Context, t *edge.PersonTold) error {
	return p.bring(ctx, parcel{cloudsync.ToldPath, cloudsync.ToldType, cloudsync.ToldTopic(p.Node), cloudsync.KindTold, t})
}

func (p *Contacts) bring(ctx context.Context, it parcel) error {
	const op = "https.Contacts"
	status, _, err := p.send(ctx, op, it)
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
