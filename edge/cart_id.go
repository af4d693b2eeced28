package edge

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strconv"
	"strings"
)

// CartID names a cart: 96 random bits.
type CartID [12]byte

// String is the id in base64url, 16 characters.
func (id CartID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// MarshalText writes base64url.
func (id CartID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads base64url of exactly 12 bytes.
func (id *CartID) UnmarshalText(b []byte) error {
	var raw [12]byte
	if len(b) != base64.RawURLEncoding.EncodedLen(len(raw)) {
		return Errorf("edge.CartID", Invalid, "cart id has %d characters, want 16", len(b))
	}
	// The decoder passes over line breaks, so what it got is counted too.
	if n, err := base64.RawURLEncoding.Strict().Decode(raw[:], b); err != nil || n != len(raw) {
		return &Error{Op: "edge.CartID", Kind: Invalid, Msg: "cart id is not base64url", Err: err}
	}
	*id = raw
	return nil
}

// Writer names whoever edits a cart: a gateway in one epoch, or one phone.
// It is 1 to 16 of a–z and 0–9. A gateway takes a new writer with every epoch,
// so that a restored backup never numbers two lines alike.
type Writer string

// Valid reports whether w has the form of a writer's name.
func (w Writer) Valid() bool {
	if len(w) < 1 || len(w) > 16 {
		return false
	}
	return !strings.ContainsFunc(string(w), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// EpochWriter is the name under which a gateway writes in an epoch.
func EpochWriter(epoch string) Writer {
	sum := sha256.Sum256([]byte("mirrorcart writer 1 " + epoch))
	return Writer("g" + strings.ToLower(base32.HexEncoding.EncodeToString(sum[:5])))
}

// LineID names a line for ever: its writer and that writer's running number.
type LineID struct {
	Writer Writer
	N      uint32
}

func (id LineID) String() string {
	return string(id.Writer) + "-" + strconv.FormatUint(uint64(id.N), 10)
}

// MarshalText writes "writer-number".
func (id LineID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads "writer-number".
func (id *LineID) UnmarshalText(b []byte) error {
	w, n, ok := strings.Cut(string(b), "-")
	num, err := strconv.ParseUint(n, 10, 32)
	if !ok || err != nil || num == 0 || !Writer(w).Valid() {
		return Errorf("edge.LineID", Invalid, "line id %.40q: want writer-number", b)
	}
	*id = LineID{Writer(w), uint32(num)}
	return nil
}
