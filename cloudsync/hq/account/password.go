package account

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Lengths of a password that somebody chooses. Length is what makes it strong,
// so nothing else is asked of it.
const (
	MinPassword = 12  // characters
	MaxPassword = 256 // bytes
)

// cost is that of a PIN's hash in the shops too: OWASP's password storage cheat
// sheet, argon2id.
func cost() *argon2id.Params {
	return &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// newPassword makes the password for a first sign-in, with 80 bits of chance.
func newPassword() (password, hash string, err error) {
	password = rand.Text()[:16]
	hash, err = argon2id.CreateHash(password, cost())
	return password, hash, err
}

// checkPassword refuses a password that somebody chose for a name.
func checkPassword(name, password string) error {
	const op = "account.checkPassword"
	switch {
	case !utf8.ValidString(password) || len(password) > MaxPassword:
		return edge.Errorf(op, edge.Invalid, "the password is longer than %d bytes, or no text", MaxPassword)
	case utf8.RuneCountInString(password) < MinPassword:
		return edge.Errorf(op, edge.Invalid, "the password is shorter than %d characters: a few words that nobody else puts together do well", MinPassword)
	case strings.Contains(strings.ToLower(password), name) && len(name) > 2:
		return edge.Errorf(op, edge.Invalid, "the password has the name in it: choose another")
	}
	return nil
}

// typed is a password as every keyboard writes it: the letters of Vietnamese can
// be put together in more than one way.
func typed(password string) string { return norm.NFKC.String(password) }

// HashPIN makes the hash of a PIN of 4 to 12 digits as the shops' tills want it.
func HashPIN(pin string) (string, error) {
	if len(pin) < 4 || len(pin) > 12 || strings.Trim(pin, "0123456789") != "" {
		return "", edge.Errorf("account.HashPIN", edge.Invalid, "a PIN has 4 to 12 digits and nothing else")
	}
	return argon2id.CreateHash(pin, cost())
}

// NewPIN makes a PIN of six digits.
func NewPIN() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}

// IsPIN reports whether a hash is that of a PIN.
func IsPIN(pin, hash string) (bool, error) { return argon2id.ComparePasswordAndHash(pin, hash) }
