package cart

import (
	"net/http"

	"github.com/mirrorcart/mirrorcart/edge"
)

// status is the HTTP status of an error's kind.
func status(k edge.Kind) int {
	switch k {
	case edge.Invalid:
		return http.StatusBadRequest
	case edge.Forbidden:
		return http.StatusForbidden
	case edge.NotFound:
		return http.StatusNotFound
	case edge.Conflict:
		return http.StatusConflict
	case edge.Expired:
		return http.StatusGone
	case edge.TooLarge:
		return http.StatusRequestEntityTooLarge
	case edge.TooMany:
		return http.StatusTooManyRequests
	case edge.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
