package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// A till is a browser in which somebody signed in before, and which keeps a
// cookie that says so. What is guessed elsewhere does not lock it: otherwise
// anybody who reaches the gateway could keep the whole shop from selling. See
// OWASP, "Device cookies".
const (
	tillCookie = "mc_till"
	tillLife   = 90 * 24 * time.Hour // since the last sign-in
	tillName   = 12                  // bytes
)

// tills makes and knows the cookies: a name, the time of the last sign-in, and
// an HMAC-SHA256 over both.
type tills struct {
	key []byte
	now func() time.Time
}

// cookie is the value of a till's cookie.
func (t tills) cookie(name []byte) string {
	b := append([]byte(nil), name...)
	b = binary.BigEndian.AppendUint64(b, uint64(t.now().Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, t.mac(b)...))
}

func (t tills) mac(b []byte) []byte {
	m := hmac.New(sha256.New, t.key)
	m.Write([]byte("mirrorcart till 1\x00"))
	m.Write(b)
	return m.Sum(nil)
}

// name is whose cookie it is; nil where it is none of ours, or too old.
func (t tills) name(cookie string) []byte {
	const body = tillName + 8
	b, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil || len(b) != body+sha256.Size || !hmac.Equal(b[body:], t.mac(b[:body])) {
		return nil
	}
	signedIn := time.Unix(int64(binary.BigEndian.Uint64(b[tillName:body])), 0)
	if t.now().Sub(signedIn) >= tillLife {
		return nil
	}
	return b[:tillName]
}

// till is the name of the till that asks; nil where it is none.
func (s *Server) till(c *gin.Context) []byte {
	cookie, err := c.Cookie(tillCookie)
	if err != nil {
		return nil
	}
	return s.tills.name(cookie)
}

// knowTill lets the browser in which somebody signed in be a till from now on,
// unless they have made many of others.
func (s *Server) knowTill(c *gin.Context, who string) {
	name := s.till(c)
	if name == nil {
		if !s.staff.locks.newTill(who) {
			return
		}
		name = random(tillName)
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: tillCookie, Value: s.tills.cookie(name), Path: staffPath, MaxAge: int(tillLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.Request.TLS != nil,
	})
}

// guesser is who enters a PIN: the till, or anybody else's device. What the audit
// log calls it is always the same, and tells nobody its address.
func (s *Server) guesser(c *gin.Context) guesser {
	if name := s.till(c); name != nil {
		if g := (guesser{name: tillGuesser + base64.RawURLEncoding.EncodeToString(name), till: true}); s.staff.locks.trusts(g) {
			return g
		}
	}
	return guesser{name: "device " + base64.RawURLEncoding.EncodeToString(s.tills.mac([]byte("address " + ClientOf(c.ClientIP())))[:6])}
}
