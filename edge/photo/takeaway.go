package photo

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

// SecretSize is the length in bytes of the secret that opens the photos a
// shopper takes along. It stands in the cart's link, behind the # that browsers
// send to nobody, and is short so that the code stays easy to scan.
const SecretSize = 16

// takeawayInfo leads what a photo's key is derived for, and what is
// authenticated with the photo; the photo's id follows. The phone's page knows
// it too.
const takeawayInfo = "mirrorcart photo 1 "

// SealFor seals a photo for whoever has the secret:
//
//	nonce, 12 bytes · AES-256-GCM, with takeawayInfo and the id as additional data
//
// under a key of the photo's own: HKDF-SHA-256 of the secret without salt, for
// takeawayInfo and the id.
func SealFor(secret []byte, id string, photo []byte) ([]byte, error) {
	gcm, err := takeawayCipher(secret, id)
	if err != nil {
		return nil, err
	}
	nonce := random(gcm.NonceSize())
	return gcm.Seal(nonce, nonce, photo, []byte(takeawayInfo+id)), nil
}

// OpenWith opens what SealFor sealed, as the phone does.
func OpenWith(secret []byte, id string, sealed []byte) ([]byte, error) {
	gcm, err := takeawayCipher(secret, id)
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, edge.Errorf("photo.OpenWith", edge.Invalid, "%d bytes are no sealed photo", len(sealed))
	}
	nonce, body := sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():]
	return gcm.Open(nil, nonce, body, []byte(takeawayInfo+id))
}

func takeawayCipher(secret []byte, id string) (cipher.AEAD, error) {
	if len(secret) != SecretSize {
		return nil, fmt.Errorf("a secret of %d bytes: want %d", len(secret), SecretSize)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, takeawayInfo+id, keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
