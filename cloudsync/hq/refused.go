package hq

import (
	"errors"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// Refused is what gateways of ours do not try.
type Refused string

// What is refused, as acts name it.
const (
	RefusedRevoked     Refused = "revoked"     // a key or a certificate that was taken back; its batches are set aside
	RefusedCertificate Refused = "certificate" // none, where one is wanted
	RefusedClaim       Refused = "claim"       // a request for one without a right to it
	RefusedMessage     Refused = "message"     // signed by nobody whom HQ knows, altered, or in another's name
)

// unsigned tells of a message that is not authentic; node is whose key signed it.
func (h *HQ) unsigned(err error, node string) {
	r, refused := errors.AsType[*cloudsync.RefusalError](err)
	switch {
	case !refused:
	case r.Code == cloudsync.RefusedRevoked:
		h.refused(RefusedRevoked, node)
	case r.Code == cloudsync.RefusedForged, r.Code == cloudsync.RefusedUnknownKey:
		h.refused(RefusedMessage, "")
	}
}
