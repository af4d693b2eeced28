package hq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// postsAtOnce bounds the posts of a kind that are taken in at once.
const postsAtOnce = 16

// post is a kind of what shops bring by HTTP, since it is no part of the ledger.
// Nobody signs in: each is an envelope, signed.
type post struct {
	plural string // what it is, in words
	media  string
	max    int64 // bytes of a body
	kind   cloudsync.Kind
	topic  func(node string) string
}

// handler takes in posts, and answers what became of them. A turn is taken by whole
// posts alone: whoever never ends his keeps no shop's from being taken in.
func (p post) handler(take func(context.Context, []byte) error, answer func(http.ResponseWriter, error)) http.Handler {
	bodies, turn := newBodies(), make(chan struct{}, postsAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		switch media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); {
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			refuseHTTP(w, http.StatusMethodNotAllowed, edge.Invalid, "bring "+p.plural+" with POST")
			return
		case media != p.media:
			refuseHTTP(w, http.StatusUnsupportedMediaType, edge.Invalid, "the body must be "+p.media)
			return
		}
		body, err := bodies.read(http.MaxBytesReader(w, r.Body, p.max))
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			refuseHTTP(w, http.StatusRequestEntityTooLarge, edge.TooLarge, fmt.Sprintf("a body has at most %d bytes", p.max))
			return
		}
		if err != nil && !errors.Is(err, errBusy) {
			// Not 400: that says that it is never taken, and a slow line's shop would give it up.
			refuseHTTP(w, http.StatusRequestTimeout, edge.Unavailable, "the body breaks off: send again")
			return
		}
		if err != nil || !seat(turn) {
			refuseBusy(w)
			return
		}
		defer func() { <-turn }()
		answer(w, take(r.Context(), body))
	})
}

// open finds who signed a post, and takes it out of its envelope.
func (p post) open(ctx context.Context, h *HQ, payload []byte) (body []byte, node string, err error) {
	var n Node
	defer func() { h.unsigned(err, n.Node) }()
	env, err := cloudsync.Open(payload)
	if err != nil {
		return nil, "", err
	}
	if n, err = h.signer(ctx, env.Key); err != nil {
		return nil, "", err
	}
	if err := checkNode(ctx, n.Node); err != nil {
		return nil, "", &cloudsync.RefusalError{Op: "hq.openPost", Code: cloudsync.RefusedForged, Msg: "the certificate is another's", Err: err}
	}
	if err := env.Verify(n.Key, p.topic(n.Node)); err != nil {
		return nil, "", err
	}
	if env.Kind != p.kind {
		return nil, "", &cloudsync.RefusalError{Op: "hq.openPost", Code: cloudsync.RefusedUndecodable, Msg: fmt.Sprintf("envelope kind %d is none of %s", env.Kind, p.plural)}
	}
	return env.Body, n.Node, nil
}
