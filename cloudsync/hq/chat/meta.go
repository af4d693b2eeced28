package chat

import (
	"encoding/hex"
	"net/url"
	"strings"
)

// meta is what Meta's apps have in common: a signature over the whole body with
// the app's secret, and an answer that proves whose address it is.
type meta struct{ appSecret, verifyToken string }

func (m meta) challenge(r call) (string, error) {
	q := url.Values(r.query)
	if q.Get("hub.mode") != "subscribe" || !same(q.Get("hub.verify_token"), m.verifyToken) {
		return "", forbidden("chat.meta.challenge", "the token is not the one in the settings")
	}
	return q.Get("hub.challenge"), nil
}

func (m meta) signed(r call) error {
	const op = "chat.meta.signed"
	have, ok := strings.CutPrefix(r.header.Get("X-Hub-Signature-256"), "sha256=")
	if !ok || !same(strings.ToLower(have), hex.EncodeToString(sum256(m.appSecret, r.body))) {
		return forbidden(op, "the signature does not fit: check app_secret")
	}
	return nil
}
