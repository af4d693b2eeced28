package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	sessionCookie = "hq_session"
	sessionLife   = 12 * time.Hour
	wrongPause    = 500 * time.Millisecond // after a wrong token, for whoever signs in
	maxForm       = 16 << 10
	visitorKey    = "visitor"
)

// visitor is who looks at the pages.
type visitor struct {
	name string // of the token; empty on HQ's own machine
	role account.Role
}

func visitorOf(c *gin.Context) visitor {
	v, _ := c.Get(visitorKey)
	who, _ := v.(visitor)
	return who
}

// admit lets in who has signed in with a token of the API. Where there are no
// tokens the pages are those of HQ's own machine.
func (p *Pages) admit(c *gin.Context) {
	who, ok := p.visitor(c.Request)
	switch {
	case ok:
		c.Set(visitorKey, who)
	case isPage(c):
		p.door(c, http.StatusUnauthorized, "")
		c.Abort()
	default:
		p.fail(c, edge.Errorf("web.admit", edge.Unauthorized, "sign in on headquarters' pages first"))
	}
}

func isPage(c *gin.Context) bool {
	return c.FullPath() != "/live" && !strings.HasSuffix(c.FullPath(), ".json")
}

func (p *Pages) visitor(r *http.Request) (visitor, bool) {
	if len(p.Tokens) == 0 {
		return visitor{role: account.Operator}, fromHere(r)
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return visitor{}, false
	}
	return p.session(cookie.Value)
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

// A session is the token's name, when it ends, and a seal over both and the
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
			return visitor{t.Name, t.Role}, true
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

// doorView is what stands where nobody is let in.
type doorView struct {
	Tokens bool
	To     string // where to after signing in
	Wrong  string
}

func (p *Pages) door(c *gin.Context, status int, wrong string) {
	to := c.PostForm("to")
	if to == "" {
		to = c.Request.URL.RequestURI()
	}
	if len(p.Tokens) == 0 {
		status = http.StatusForbidden
	}
	p.renderStatus(c, status, "door", "sign_in", doorView{len(p.Tokens) > 0, to, wrong})
}

// signIn takes one at a time, so that nobody tries many tokens.
func (p *Pages) signIn(c *gin.Context) {
	ctx := c.Request.Context()
	select {
	case p.doors <- struct{}{}:
		defer func() { <-p.doors }()
	case <-ctx.Done():
		return
	}
	t, ok := account.FindToken(p.Tokens, c.PostForm("token"))
	if !ok {
		p.Log.Warn("sign-in with a wrong token", "from", c.Request.RemoteAddr)
		select {
		case <-time.After(wrongPause):
		case <-ctx.Done():
		}
		p.door(c, http.StatusUnauthorized, p.words(c).T("token_wrong"))
		return
	}
	p.Log.Info("signed in", "audit", true, "token", t.Name)
	p.setSession(c, p.newSession(t), int(sessionLife/time.Second))
	c.Redirect(http.StatusSeeOther, ownPath(c.PostForm("to")))
}

func (p *Pages) signOut(c *gin.Context) {
	p.setSession(c, "", -1)
	c.Redirect(http.StatusSeeOther, "/?lang="+langOf(c))
}

func (p *Pages) setSession(c *gin.Context, value string, seconds int) {
	https := c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https"
	http.SetCookie(c.Writer, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: https, SameSite: http.SameSiteLaxMode,
	})
}

// ownPath is a path of these pages, wherever the form wants to lead.
func ownPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n") {
		return "/"
	}
	return u.RequestURI()
}
