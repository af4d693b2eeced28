package https

import (
	"context"
	"fmt"
	"net/http"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Photos brings sealed photos to HQ.
type Photos struct{ Post }

// Send brings a photo, or the word that it is withdrawn. An edge.Error of kind
// Unavailable says that it may succeed later, of kind Expired that HQ has
// deleted the photo or never will show it, any other that HQ does not take it.
func (p *Photos) Send(ctx context.Context, photo *edge.SealedPhoto) error {
	const op = "https.Photos"
	status, says, err := p.send(ctx, op, parcel{cloudsync.PhotoPath, cloudsync.PhotoType, cloudsync.PhotoTopic(p.Node), cloudsync.KindPhoto, photo})
	if err != nil {
		return err
	}
	switch status {
	case http.StatusNoContent:
		return nil
	case http.StatusGone:
		return edge.Errorf(op, edge.Expired, "HQ has deleted the photo")
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusConflict:
		return edge.Errorf(op, edge.Invalid, "HQ does not take the photo: status %d: %s", status, says)
	}
	// All else mends itself or is mended at HQ: a gateway that is not enrolled
	// yet, a proxy's own page, too many at once.
	return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "HQ does not take photos now", Err: fmt.Errorf("status %d: %s", status, says)}
}
