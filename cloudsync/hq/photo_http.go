package hq

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// photosAtOnce bounds the photos that are taken in at once: each is held in
// memory meanwhile.
const photosAtOnce = 16

// PhotoHandler serves POST cloudsync.PhotoPath, by which shops bring sealed
// photos. Nobody signs in: every photo is signed.
func (h *HQ) PhotoHandler() http.Handler {
	turn := make(chan struct{}, photosAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		switch kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); {
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			refuseHTTP(w, http.StatusMethodNotAllowed, edge.Invalid, "bring photos with POST")
			return
		case kind != cloudsync.PhotoType:
			refuseHTTP(w, http.StatusUnsupportedMediaType, edge.Invalid, "the body must be "+cloudsync.PhotoType)
			return
		case !seat(turn):
			refuseBusy(w)
			return
		}
		defer func() { <-turn }()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, cloudsync.MaxPhotoPost))
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			refuseHTTP(w, http.StatusRequestEntityTooLarge, edge.TooLarge, fmt.Sprintf("a body has at most %d bytes", cloudsync.MaxPhotoPost))
			return
		}
		if err != nil {
			refuseHTTP(w, http.StatusBadRequest, edge.Invalid, "the body breaks off")
			return
		}
		h.answerPhoto(w, h.TakePhoto(r.Context(), body))
	})
}

// answerPhoto says what became of a photo. Nothing that names one is logged.
func (h *HQ) answerPhoto(w http.ResponseWriter, err error) {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if refused, ok := errors.AsType[*cloudsync.RefusalError](err); ok {
		h.log.Warn("a photo was refused", "error", refused)
		refuseHTTP(w, http.StatusForbidden, edge.Forbidden, string(refused.Code)+": "+refused.Msg)
		return
	}
	kind, says := edge.KindOf(err), "not now: send again"
	if e, ok := errors.AsType[*edge.Error](err); ok {
		says = e.Msg
	}
	switch kind {
	case edge.Expired:
		refuseHTTP(w, http.StatusGone, kind, says)
	case edge.TooLarge:
		refuseHTTP(w, http.StatusRequestEntityTooLarge, kind, says)
	case edge.TooMany:
		refuseHTTP(w, http.StatusTooManyRequests, kind, says)
	case edge.Conflict:
		refuseHTTP(w, http.StatusConflict, kind, says)
	case edge.Invalid:
		refuseHTTP(w, http.StatusBadRequest, kind, says)
	default:
		h.log.Error("a photo was not taken", "error", err)
		refuseHTTP(w, http.StatusServiceUnavailable, edge.Unavailable, "not now: send again")
	}
}
