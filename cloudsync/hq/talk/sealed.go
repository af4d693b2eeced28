package talk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// seal writes v as JSON that only the master keys open, and only in that place,
// so that rows cannot be exchanged.
func (t *Talks) seal(place string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return t.keys.Seal(place, text), nil
}

// open reads what seal wrote.
func (t *Talks) open(place string, sealed []byte, v any) error {
	text, err := t.unseal(place, sealed)
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	return json.Unmarshal(text, v)
}

// unseal opens what the master keys sealed, or, in earlier versions, a key made
// of headquarters' own.
func (t *Talks) unseal(place string, sealed []byte) ([]byte, error) {
	text, err := t.keys.Open(place, sealed)
	if err == nil {
		return text, nil
	}
	key, old := t.secret("sealed chat")
	if old != nil {
		return nil, old
	}
	block, old := aes.NewCipher(key)
	if old != nil {
		return nil, old
	}
	open, old := cipher.NewGCMWithRandomNonce(block)
	if old != nil {
		return nil, old
	}
	if text, old := open.Open(nil, nil, sealed, []byte(place)); old == nil {
		return text, nil
	}
	return nil, err
}

// idOf names a person of an app without saying who it is.
func (t *Talks) idOf(app, person string) (string, error) {
	key, err := t.secret("names of conversations")
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%d %s %s", len(app), app, person)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16]), nil
}
