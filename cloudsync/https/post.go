package https

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Post is the way to HQ for what is no part of the ledger.
type Post struct {
	URL    string // HQ's address; the path of what is brought is added
	Client *http.Client
	Node   string
	Key    ed25519.PrivateKey // the node's own

	Timeout time.Duration // of one POST; 60 s
}

// parcel is something to bring: an envelope of a kind, signed for a topic.
type parcel struct {
	path, media, topic string
	kind               cloudsync.Kind
	content            any
}

// send brings a parcel. It returns the status of HQ's answer and the beginning of
// what it says; an edge.Error of kind Unavailable where there is none.
func (p *Post) send(ctx context.Context, op string, it parcel) (status int, says []byte, err error) {
	body, err := json.Marshal(it.content)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(p.Timeout, 60*time.Second))
	defer cancel()
	sealed := cloudsync.Seal(p.Key, it.kind, it.topic, body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(p.URL, "/")+it.path, bytes.NewReader(sealed))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", it.media)
	resp, err := p.Client.Do(req)
	if err != nil {
		return 0, nil, &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "HQ cannot be reached", Err: err}
	}
	defer resp.Body.Close()
	says, _ = io.ReadAll(io.LimitReader(resp.Body, 300)) // for the log; what is cut off is missed by nobody
	return resp.StatusCode, says, nil
}
