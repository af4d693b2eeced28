package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// contactsAtOnce bounds the contacts that are taken in at once.
const contactsAtOnce = 16

// ContactHandler serves POST cloudsync.ContactPath, by which shops bring to whom
// their orders go. Nobody signs in: every contact is signed.
func (h *HQ) ContactHandler() http.Handler {
	turn := make(chan struct{}, contactsAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		switch kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); {
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			refuseHTTP(w, http.StatusMethodNotAllowed, edge.Invalid, "bring contacts with POST")
			return
		case kind != cloudsync.ContactType:
			refuseHTTP(w, http.StatusUnsupportedMediaType, edge.Invalid, "the body must be "+cloudsync.ContactType)
			return
		case !seat(turn):
			refuseBusy(w)
			return
		}
		defer func() { <-turn }()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, cloudsync.MaxContactPost))
		if err != nil {
			refuseHTTP(w, http.StatusBadRequest, edge.Invalid, fmt.Sprintf("the body breaks off, or has more than %d bytes", cloudsync.MaxContactPost))
			return
		}
		h.answerContact(w, h.TakeContact(r.Context(), body))
	})
}

// answerContact says what became of a contact. Nothing of it is logged.
func (h *HQ) answerContact(w http.ResponseWriter, err error) {
	refused, signed := errors.AsType[*cloudsync.RefusalError](err)
	switch kind := edge.KindOf(err); {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case signed:
		h.log.Warn("a contact was refused", "error", refused)
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
	c, node, err := h.openContact(ctx, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err := h.Project(ctx); err != nil { // the order may have come just now
		return fmt.Errorf("%s: %w", op, err)
	}
	o, err := readOrder(ctx, h.read, "id = $1 and node = $2", c.Order, node)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err := c.Check(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if !o.State().Live() {
		return nil // nothing goes there any more
	}
	err = h.inTx(ctx, func(tx *sql.Tx) error {
		return h.storeContact(ctx, tx, o.Cart, nil, &c.Contact, Consent{Agreed: c.Agreed}, c.At.UnixMilli())
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// openContact finds who signed a contact, and reads it.
func (h *HQ) openContact(ctx context.Context, payload []byte) (*edge.OrderContact, string, error) {
	env, err := cloudsync.Open(payload)
	if err != nil {
		return nil, "", err
	}
	n, err := h.signer(ctx, env.Key)
	if err != nil {
		return nil, "", err
	}
	if err := env.Verify(n.Key, cloudsync.ContactTopic(n.Node)); err != nil {
		return nil, "", err
	}
	if env.Kind != cloudsync.KindContact {
		return nil, "", &cloudsync.RefusalError{Op: "hq.openContact", Code: cloudsync.RefusedUndecodable, Msg: fmt.Sprintf("envelope kind %d is no contact", env.Kind)}
	}
	c, err := cloudsync.DecodeContact(env.Body)
	return c, n.Node, err
}
