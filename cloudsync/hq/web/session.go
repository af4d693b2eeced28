package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	sessionCookie = "hq_session"
	sessionLife   = account.SessionLife
	browserCookie = "hq_browser" // stays when somebody signs out: it opens nothing
	maxForm       = 16 << 10
	visitorKey    = "visitor"
)

// Door is what the pages need to know of who signs in with a password.
type Door interface {
	HasPeople(ctx context.Context) (bool, error)
	SignIn(ctx context.Context, name, password, browser string) (account.SignedIn, error)
	Session(ctx context.Context, secret string) (*account.Person, error)
	SignOut(ctx context.Context, secret string) error
	ChangePassword(ctx context.Context, name, old, fresh, browser string) error
}

// visitor is who looks at the pages.
type visitor struct {
	name      string // of the person or the token; empty on HQ's own machine
	role      account.Role
	person    bool // signed in with a password
	temporary bool // which is to be changed first
}

func visitorOf(c *gin.Context) visitor {
	v, _ := c.Get(visitorKey)
	who, _ := v.(visitor)
	return who
}

// passwordPath is where a person changes the password, and the only page for one
// whose password is headquarters'.
const passwordPath = "/password"

// admit lets in who has signed in. Where nobody can yet, the pages are those of
// HQ's own machine.
func (p *Pages) admit(c *gin.Context) {
	who, err := p.visitor(c.Request)
	switch {
	case err != nil:
		p.fail(c, err)
	case who.role == account.Nobody && isPage(c):
		p.door(c, http.StatusUnauthorized, "")
		c.Abort()
	case who.role == account.Nobody:
		p.fail(c, edge.Errorf("web.admit", edge.Unauthorized, "sign in on headquarters' pages first"))
	case who.temporary && c.FullPath() != passwordPath && c.Request.Method == http.MethodGet && isPage(c):
		c.Redirect(http.StatusSeeOther, passwordPath+"?lang="+langOf(c))
		c.Abort()
	case who.temporary && c.FullPath() != passwordPath:
		p.fail(c, edge.Errorf("web.admit", edge.Forbidden, "%s", p.words(c).T("password_first")))
	default:
		c.Set(visitorKey, who)
	}
}

func isPage(c *gin.Context) bool {
	return c.FullPath() != "/live" && !strings.HasSuffix(c.FullPath(), ".json")
}

// visitor is who asks; Nobody's role says that they have to sign in.
func (p *Pages) visitor(r *http.Request) (visitor, error) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		if who, ok := p.session(cookie.Value); ok {
			return who, nil
		}
		person, err := p.Door.Session(r.Context(), cookie.Value)
		if err == nil {
			return visitor{person.Name, person.Role, true, person.Temporary}, nil
		}
		if edge.KindOf(err) != edge.NotFound {
			return visitor{}, err
		}
	}
	open, err := p.open(r)
	if err != nil || !open || !fromHere(r) {
		return visitor{}, err
	}
	return visitor{role: p.OwnMachine}, nil
}

// open reports whether nobody could sign in, so that this machine's own people
// need not.
func (p *Pages) open(r *http.Request) (bool, error) {
	people, err := p.Door.HasPeople(r.Context())
	return len(p.Tokens) == 0 && !people && err == nil, err
}

// fromHere reports whether a request comes from this machine, and not by way of
// a proxy on it that says so.
func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	passed := slices.ContainsFunc([]string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"}, func(h string) bool { return r.Header.Get(h) != "" })
	return err == nil && addr.Unmap().IsLoopback() && !passed
}

// A token's session is its name, when it ends, and a seal over both and the
// token's hash: a token that is taken out of the settings ends its sessions.
func (p *Pages) newSession(t account.Token) string {
	ends := strconv.FormatInt(p.Now().Add(sessionLife).Unix(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(t.Name)) + "." + ends + "." + p.seal(t, ends)
}

func (p *Pages) seal(t account.Token, ends string) string {
	m := hmac.New(sha256.New, p.Secret)
	m.Write(t.SHA256[:])
	m.Write([]byte(ends + " " + t.Name))
	return hex.EncodeToString(m.Sum(nil))
}

func (p *Pages) session(value string) (visitor, bool) {
	parts := strings.Split(value, ".")
	if len(parts) != 3 {
		return visitor{}, false
	}
	name, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return visitor{}, false
	}
	ends, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || p.Now().Unix() >= ends {
		return visitor{}, false
	}
	for _, t := range p.Tokens {
		if t.Name == string(name) && hmac.Equal([]byte(parts[2]), []byte(p.seal(t, parts[1]))) {
			return visitor{name: t.Name, role: t.Role}, true
		}
	}
	return visitor{}, false
}

// act takes forms from our own pages alone: a page of
// somebody else's makes the browser send what it likes, but not as ours.
func (p *Pages) act(c *gin.Context) {
	if err := p.origin.Check(c.Request); err != nil {
		p.fail(c, edge.Errorf("web.act", edge.Forbidden, "this came from another page: use headquarters' own"))
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	if err := c.Request.ParseForm(); err != nil {
		p.fail(c, edge.Errorf("web.act", edge.Invalid, "the form is not readable, or longer than %d bytes", maxForm))
	}
}

// only lets those do something who have the right.
func (p *Pages) only(right account.Right) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !visitorOf(c).role.May(right) {
			p.fail(c, edge.Errorf("web.only", edge.Forbidden, "%s", p.words(c).T("reader_only")))
		}
	}
}
