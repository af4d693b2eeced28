package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

const wrongPause = 500 * time.Millisecond // after a wrong password or token, for whoever signs in

// doorView is what stands where nobody is let in.
type doorView struct {
	People, Tokens bool   // who may sign in
	To             string // where to after signing in
	Wrong          string
}

func (p *Pages) door(c *gin.Context, status int, wrong string) {
	to := c.PostForm("to")
	if to == "" {
		to = c.Request.URL.RequestURI()
	}
	people, err := p.Door.HasPeople(c.Request.Context())
	if err != nil {
		p.fail(c, err)
		return
	}
	v := doorView{people, len(p.Tokens) > 0, to, wrong}
	if !v.People && !v.Tokens {
		status = http.StatusForbidden
	}
	p.renderStatus(c, status, "door", "sign_in", v)
}

// signIn lets somebody in. Who is wrong waits a while for the answer, as long for a
// name that there is as for one that there is not, and nobody waits behind them.
func (p *Pages) signIn(c *gin.Context) {
	pause := time.After(wrongPause)
	name, in, err := p.knock(c)
	if edge.KindOf(err) == edge.Unauthorized {
		select {
		case <-pause:
		case <-c.Request.Context().Done():
		}
		wrong := "wrong_sign_in"
		if name == "" {
			wrong = "token_wrong"
		}
		p.door(c, http.StatusUnauthorized, p.words(c).T(wrong))
		return
	}
	if err != nil {
		p.fail(c, err)
		return
	}
	p.Log.Info("signed in", "audit", true, "by", name)
	p.setSession(c, in)
	c.Redirect(http.StatusSeeOther, ownPath(c.PostForm("to")))
}

// knock looks at what somebody signs in with: a name and a password, or else a
// token, whose name it finds; one at a time, so that nobody tries many. Its error
// is Unauthorized where that is wrong.
func (p *Pages) knock(c *gin.Context) (name string, in account.SignedIn, err error) {
	ctx := c.Request.Context()
	select {
	case p.doors <- struct{}{}:
		defer func() { <-p.doors }()
	case <-ctx.Done():
		return "", in, ctx.Err()
	}
	name = strings.ToLower(strings.TrimSpace(c.PostForm("name")))
	if name != "" {
		in, err = p.Door.SignIn(ctx, name, c.PostForm("password"), browserOf(c))
		return name, in, err
	}
	t, ok := account.FindToken(p.Tokens, c.PostForm("token"))
	if !ok {
		return "", in, edge.Errorf("web.signIn", edge.Unauthorized, "wrong token")
	}
	return t.Name, account.SignedIn{Secret: p.newSession(t)}, nil
}

// browserOf is what the browser kept of an earlier sign-in.
func browserOf(c *gin.Context) string {
	cookie, err := c.Request.Cookie(browserCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (p *Pages) signOut(c *gin.Context) {
	if cookie, err := c.Request.Cookie(sessionCookie); err == nil {
		if err := p.Door.SignOut(c.Request.Context(), cookie.Value); err != nil {
			p.fail(c, err)
			return
		}
	}
	setCookie(c, sessionCookie, "", -time.Second)
	c.Redirect(http.StatusSeeOther, "/?lang="+langOf(c))
}

// passwordView is the page on which a person changes the password.
type passwordView struct {
	First bool // the one that headquarters made
	Least int  // characters
	Wrong string
}

func (p *Pages) passwordPage(c *gin.Context) { p.showPassword(c, http.StatusOK, "") }

func (p *Pages) showPassword(c *gin.Context, status int, wrong string) {
	who := visitorOf(c)
	if !who.person {
		p.fail(c, edge.Errorf("web.password", edge.Forbidden, "%s", p.words(c).T("password_none")))
		return
	}
	p.renderStatus(c, status, "password", "password_change", passwordView{who.temporary, account.MinPassword, wrong})
}

// changePassword takes the new password, and signs the person in with it: what
// was signed in with the old one no longer is.
func (p *Pages) changePassword(c *gin.Context) {
	ctx, who, w, fresh := c.Request.Context(), visitorOf(c), p.words(c), c.PostForm("fresh")
	if !who.person || fresh != c.PostForm("again") {
		p.showPassword(c, http.StatusBadRequest, w.T("password_twice"))
		return
	}
	err := p.Door.ChangePassword(ctx, who.name, c.PostForm("old"), fresh, browserOf(c))
	switch edge.KindOf(err) {
	case edge.Unauthorized:
		p.showPassword(c, http.StatusForbidden, w.T("wrong_old"))
		return
	case edge.Invalid:
		p.showPassword(c, http.StatusBadRequest, w.T("password_weak", account.MinPassword))
		return
	}
	var in account.SignedIn
	if err == nil {
		in, err = p.Door.SignIn(ctx, who.name, fresh, browserOf(c))
	}
	if err != nil {
		p.fail(c, err)
		return
	}
	p.setSession(c, in)
	c.Redirect(http.StatusSeeOther, "/?lang="+langOf(c))
}

func (p *Pages) setSession(c *gin.Context, in account.SignedIn) {
	setCookie(c, sessionCookie, in.Secret, sessionLife)
	if in.Browser != "" { // a person's
		setCookie(c, browserCookie, in.Browser, account.BrowserLife)
	}
}

// setCookie takes the cookie away where its life is negative.
func setCookie(c *gin.Context, name, value string, life time.Duration) {
	https := c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https"
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, Secure: https, SameSite: http.SameSiteLaxMode,
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
