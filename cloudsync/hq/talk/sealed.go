package talk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// seal writes v as JSON that only headquarters' key opens, and only in that
// place, so that rows cannot be exchanged: AES-256-GCM, a random nonce before
// the rest.
func (t *Talks) seal(place string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	a, err := t.sealer()
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, text, []byte(place)), nil
}

// open reads what seal wrote.
func (t *Talks) open(place string, sealed []byte, v any) error {
	a, err := t.sealer()
	if err != nil {
		return err
	}
	text, err := a.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return errors.New("conversation: it was sealed with another key of headquarters, or was changed")
	}
	return json.Unmarshal(text, v)
}

func (t *Talks) sealer() (cipher.AEAD, error) {
	key, err := t.secret("sealed chat")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
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
