package hq

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
)

// Role is what somebody may do with what HQ knows.
type Role string

// The roles; an operator may do what a reader may.
const (
	Anyone   Role = ""         // needs no token
	Reader   Role = "reader"   // look at everything
	Operator Role = "operator" // ask shops for something, and settle matters
)

// May reports whether who has the role may do what wants another.
func (r Role) May(want Role) bool { return r == want || r == Operator || want == Anyone }

// Token lets a system or a person in. HQ keeps its hash alone.
type Token struct {
	Name   string // for the log
	Role   Role
	SHA256 [sha256.Size]byte // of the token's text
}

// FindToken finds the token of a text, in a time that does not depend on which
// one it is, or on how much of it is right.
func FindToken(list []Token, text string) (found Token, ok bool) {
	sum := sha256.Sum256([]byte(strings.TrimSpace(text)))
	for _, t := range list {
		if subtle.ConstantTimeCompare(sum[:], t.SHA256[:]) == 1 {
			found, ok = t, true
		}
	}
	return found, ok
}

// Secret is a key for one purpose that only who has HQ's key can make: the same
// for all its collectors.
func (h *HQ) Secret(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, h.key.Seed(), nil, "mirrorcart hq "+purpose, sha256.Size)
}
