package hq

import (
	"errors"
	"net/http"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// photoPost is the photos that shoppers take along.
func photoPost() post {
	return post{"photos", cloudsync.PhotoType, cloudsync.MaxPhotoPost, cloudsync.KindPhoto, cloudsync.PhotoTopic}
}

// PhotoHandler serves POST cloudsync.PhotoPath, by which shops bring sealed
// photos.
func (h *HQ) PhotoHandler() http.Handler {
	return photoPost().handler(h.TakePhoto, h.answerPhoto)
}

// answerPhoto says what became of a photo. Nothing that names one is logged.
func (h *HQ) answerPhoto(w http.ResponseWriter, err error) {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if refused, ok := errors.AsType[*cloudsync.RefusalError](err); ok {
		h.log.Warn("a photo was refused", "audit", true, "error", refused)
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
