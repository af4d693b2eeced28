package https

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Photos brings sealed photos to HQ.
type Photos struct {
	URL    string // HQ's address; cloudsync.PhotoPath is added
	Client *http.Client
	Node   string
	Key    ed25519.PrivateKey // the node's own

	Timeout time.Duration // of one photo; 60 s
}

// Send brings a photo, or the word that it is withdrawn. An edge.Error of kind
// Unavailable says that it may succeed later, of kind Expired that HQ has
// deleted the photo or never will show it, any other that HQ does not take it.
func (p *Photos) Send(ctx context.Context, photo *edge.SealedPhoto) error {
	const op = "https.Photos"
	body, err := json.Marshal(photo)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(p.Timeout, 60*time.Second))
	defer cancel()
	sealed := cloudsync.Seal(p.Key, cloudsync.KindPhoto, cloudsync.PhotoTopic(p.Node), body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(p.URL, "/")+cloudsync.PhotoPath, bytes.NewReader(sealed))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", cloudsync.PhotoType)
	resp, err := p.Client.Do(req)
	if err != nil {
		return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "HQ cannot be reached", Err: err}
	}
	defer resp.Body.Close()
	says, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // for the log; what is cut off is missed by nobody
	switch resp.StatusCode {
	case http.StatusNoContent:
		return nil
	case http.StatusGone:
		return edge.Errorf(op, edge.Expired, "HQ has deleted the photo")
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusConflict:
		return edge.Errorf(op, edge.Invalid, "HQ does not take the photo: %s: %s", resp.Status, says)
	}
	// All else mends itself or is mended at HQ: a gateway that is not enrolled
	// yet, a proxy's own page, too many at once.
	return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "HQ does not take photos now", Err: fmt.Errorf("%s: %s", resp.Status, says)}
}
