package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// contactPost is to whom shops' orders go.
func contactPost() post {
	return post{"contacts", cloudsync.ContactType, cloudsync.MaxContactPost, cloudsync.KindContact, cloudsync.ContactTopic}
}

// ContactHandler serves POST cloudsync.ContactPath, by which shops bring to whom
// their orders go.
func (h *HQ) ContactHandler() http.Handler {
	return contactPost().handler(h.TakeContact, h.answerContact)
}

// answerContact says what became of a contact. Nothing of it is logged.
func (h *HQ) answerContact(w http.ResponseWriter, err error) {
	refused, signed := errors.AsType[*cloudsync.RefusalError](err)
	switch kind := edge.KindOf(err); {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case signed:
		h.log.Warn("a contact was refused", "audit", true, "error", refused)
		refuseHTTP(w, http.StatusForbidden, edge.Forbidden, string(refused.Code)+": "+refused.Msg)
	case kind == edge.NotFound:
		refuseHTTP(w, http.StatusNotFound, kind, "the order is not here yet: send again")
	case kind == edge.Invalid:
		refuseHTTP(w, http.StatusBadRequest, kind, "this is no contact")
	default:
		h.log.Error("a contact was not taken", "error", err)
		refuseHTTP(w, http.StatusServiceUnavailable, edge.Unavailable, "not now: send again")
	}
}

// TakeContact keeps to whom an order goes, as the gateway that took the order
// says it in an envelope of cloudsync.KindContact.
func (h *HQ) TakeContact(ctx context.Context, payload []byte) error {
	const op = "hq.TakeContact"
	body, node, err := contactPost().open(ctx, h, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	c, err := cloudsync.DecodeContact(body)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err := h.Project(ctx); err != nil { // the order may have come just now
		return fmt.Errorf("%s: %w", op, err)
	}
	o, err := readOrder(ctx, h.db.Read, "id = $1 and node = $2", c.Order, node)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err := c.Check(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if !o.State().Live() {
		return nil // nothing goes there any more
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		return h.storeContact(ctx, tx, o.Cart, nil, &c.Contact, Consent{Agreed: c.Agreed}, c.At.UnixMilli())
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}
