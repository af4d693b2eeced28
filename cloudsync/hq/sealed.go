package hq

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// seal encrypts what concerns people, with a key for the purpose: AES-256-GCM,
// a random nonce before the rest. It opens in its own place only, so that rows
// cannot be exchanged.
func (h *HQ) seal(purpose, place string, text []byte) ([]byte, error) {
	a, err := h.sealer(purpose)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, text, []byte(place)), nil
}

// unseal opens what seal made.
func (h *HQ) unseal(purpose, place string, sealed []byte) ([]byte, error) {
	a, err := h.sealer(purpose)
	if err != nil {
		return nil, err
	}
	text, err := a.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, errors.New("it was sealed with another key of headquarters, or was changed")
	}
	return text, nil
}

func (h *HQ) sealer(purpose string) (cipher.AEAD, error) {
	key, err := h.Secret("sealed " + purpose)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// chatID names a person of an app without saying who it is.
func (h *HQ) chatID(app, person string) (string, error) {
	key, err := h.Secret("names of conversations")
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%d %s %s", len(app), app, person)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16]), nil
}
