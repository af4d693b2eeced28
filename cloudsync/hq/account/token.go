package account

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
)

// Token lets a system or a person in by the settings. HQ keeps its hash alone.
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
