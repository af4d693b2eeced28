package https

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Contacts brings to HQ to whom orders go.
type Contacts struct {
	URL    string // HQ's address; cloudsync.ContactPath is added
	Client *http.Client
	Node   string
	Key    ed25519.PrivateKey // the node's own

	Timeout time.Duration // of one contact; 30 s
}

// Send brings one contact. An edge.Error of kind Unavailable says that it may
// succeed later, of any other that HQ never takes it. No error says anything of
// the contact.
func (p *Contacts) Send(ctx context.Context, c *edge.OrderContact) error {
	const op = "https.Contacts"
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(p.Timeout, 30*time.Second))
	defer cancel()
	sealed := cloudsync.Seal(p.Key, cloudsync.KindContact, cloudsync.ContactTopic(p.Node), body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(p.URL, "/")+cloudsync.ContactPath, bytes.NewReader(sealed))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", cloudsync.ContactType)
	resp, err := p.Client.Do(req)
	if err != nil {
		return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "HQ cannot be reached", Err: err}
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNoContent:
		return nil
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return edge.Errorf(op, edge.Invalid, "HQ does not take the contact: %s", resp.Status)
	}
	return edge.Errorf(op, edge.Unavailable, "HQ does not take contacts now: %s", resp.Status)
}
