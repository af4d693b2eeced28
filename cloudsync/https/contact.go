package https

import (
	"context"
	"net/http"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Contacts brings to HQ to whom orders go.
type Contacts struct{ Post }

// Send brings one contact. An edge.Error of kind Unavailable says that it may
// succeed later, of any other that HQ never takes it. No error says anything of
// the contact.
func (p *Contacts) Send(ctx context.Context, c *edge.OrderContact) error {
	const op = "https.Contacts"
	status, _, err := p.send(ctx, op, parcel{cloudsync.ContactPath, cloudsync.ContactType, cloudsync.ContactTopic(p.Node), cloudsync.KindContact, c})
	if err != nil {
		return err
	}
	switch status {
	case http.StatusNoContent:
		return nil
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return edge.Errorf(op, edge.Invalid, "HQ does not take the contact: status %d", status)
	}
	return edge.Errorf(op, edge.Unavailable, "HQ does not take contacts now: status %d", status)
}
