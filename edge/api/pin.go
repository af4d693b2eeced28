package api

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Cost of a new PIN's hash: OWASP's password storage cheat sheet, argon2id.
const (
	pinMemory = 19 << 10 // KiB
	pinTime   = 2
	pinLanes  = 1
	pinSalt   = 16 // bytes
	pinKey    = 32 // bytes
)

// HashPIN makes the argon2id hash of a PIN of 4 to 12 digits, in PHC format,
// for the configuration.
func HashPIN(pin string) (string, error) {
	if !validPIN(pin) {
		return "", edge.Errorf("api.HashPIN", edge.Invalid, "a PIN has 4 to 12 digits and nothing else")
	}
	salt := random(pinSalt)
	key := argon2.IDKey([]byte(pin), salt, pinTime, pinMemory, pinLanes, pinKey)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, pinMemory, pinTime, pinLanes, b64(salt), b64(key)), nil
}

func validPIN(pin string) bool {
	return len(pin) >= 4 && len(pin) <= 12 && !strings.ContainsFunc(pin, func(r rune) bool { return r < '0' || r > '9' })
}

// pinHash is a parsed hash.
type pinHash struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

// parsePIN reads PHC format, within what a gateway can afford to compute.
func parsePIN(s string) (h pinHash, err error) {
	bad := func(format string, args ...any) (pinHash, error) {
		return h, edge.Errorf("api.parsePIN", edge.Invalid, "PIN hash: "+format+": make a new one", args...)
	}
	f := strings.Split(s, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return bad("want $argon2id$v=%d$m=…,t=…,p=…$salt$key", argon2.Version)
	}
	if n, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.lanes); n != 3 || err != nil ||
		f[3] != fmt.Sprintf("m=%d,t=%d,p=%d", h.memory, h.time, h.lanes) {
		return bad("cost %.40q is not m=…,t=…,p=…", f[3])
	}
	if h.memory < 8<<10 || h.memory > 256<<10 || h.time < 1 || h.time > 10 || h.lanes < 1 || h.lanes > 4 {
		return bad("cost %.40q is out of bounds (m 8192 to 262144, t 1 to 10, p 1 to 4)", f[3])
	}
	var errSalt, errKey error
	h.salt, errSalt = base64.RawStdEncoding.Strict().DecodeString(f[4])
	h.key, errKey = base64.RawStdEncoding.Strict().DecodeString(f[5])
	if errSalt != nil || errKey != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.key) < 16 || len(h.key) > 64 {
		return bad("salt or key is not base64 of a sound length")
	}
	return h, nil
}

// matches takes the same time for every PIN.
func (h *pinHash) matches(pin string) bool {
	key := argon2.IDKey([]byte(pin), h.salt, h.time, h.memory, h.lanes, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1
}
