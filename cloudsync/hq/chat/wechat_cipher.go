package chat

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // WeChat signs with it
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// weChatSum is WeChat's signature of some words, one of which is secret.
func weChatSum(words ...string) string {
	slices.Sort(words)
	sum := sha1.Sum([]byte(strings.Join(words, ""))) //nolint:gosec // WeChat signs with it
	return hex.EncodeToString(sum[:])
}

// weChatCipher opens reports in WeChat's secure mode: AES-256-CBC with the key's
// first half as its beginning, over 16 random bytes, the length of the report in
// four, the report, and the app's id; filled up to 32 bytes by PKCS #7.
type weChatCipher struct {
	key   []byte
	appID string
}

const weChatBlock = 32

func newWeChatCipher(aesKey, appID string) (*weChatCipher, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil || len(aesKey) != 43 || len(key) != 32 {
		return nil, edge.Errorf("chat.newWeChatCipher", edge.Invalid, "the EncodingAESKey is not one: copy its 43 characters from WeChat's console")
	}
	return &weChatCipher{key, appID}, nil
}

// open checks the signature over the encrypted report, and opens it.
func (c *weChatCipher) open(r call, token, sealed string) ([]byte, error) {
	const op = "chat.weChatCipher.open"
	q := url.Values(r.query)
	if sealed == "" {
		return nil, forbidden(op, "the report is not encrypted: choose the secure mode in WeChat's console, or take aes_key out of the settings")
	}
	if !same(q.Get("msg_signature"), weChatSum(token, q.Get("timestamp"), q.Get("nonce"), sealed)) {
		return nil, forbidden(op, "the report's signature does not fit: check token")
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) == 0 || len(raw)%weChatBlock != 0 {
		return nil, unreadable(op, err)
	}
	block, err := aes.NewCipher(c.key)
	if err != nil {
		return nil, err
	}
	cipher.NewCBCDecrypter(block, c.key[:aes.BlockSize]).CryptBlocks(raw, raw)
	filled := int(raw[len(raw)-1])
	if filled < 1 || filled > weChatBlock || len(raw)-filled < 20 {
		return nil, unreadable(op, nil)
	}
	raw = raw[:len(raw)-filled]
	size := uint64(binary.BigEndian.Uint32(raw[16:]))
	if size > uint64(len(raw)-20) {
		return nil, unreadable(op, nil)
	}
	if app := string(raw[20+size:]); app != c.appID {
		return nil, forbidden(op, "the report is for another app")
	}
	return raw[20 : 20+size], nil
}
