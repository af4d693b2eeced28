package hq

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// Secret is a key for one purpose that only who has HQ's key can make: the same
// for all its collectors.
func (h *HQ) Secret(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, h.key.Seed(), nil, "mirrorcart hq "+purpose, sha256.Size)
}
