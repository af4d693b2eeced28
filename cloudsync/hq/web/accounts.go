package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	actsOnPage = 50
	maxKeyDays = 3650
)

// People is what the pages need of those who may use headquarters, and of what
// they did.
type People interface {
	People(ctx context.Context) ([]account.Person, error)
	Add(ctx context.Context, by, name string, role account.Role) (password string, err error)
	SetRole(ctx context.Context, by, name string, role account.Role) error
	SetActive(ctx context.Context, by, name string, active bool) error
	Reset(ctx context.Context, by, name string) (password string, err error)
	Keys(ctx context.Context) ([]account.Key, error)
	MakeKey(ctx context.Context, by string, k account.Key) (text string, made *account.Key, err error)
	RevokeKey(ctx context.Context, by, id string) error
	Acts(ctx context.Context, before int64, limit int) ([]account.Act, error)
	Begin(ctx context.Context, a account.Act) (n int64, err error)
	End(ctx context.Context, n int64, s account.ActState) error
}

type accountsView struct {
	People []personView
	Keys   []keyView
	Roles  []account.Role // of people
	Lesser []account.Role // of keys
	Shops  []string
	Acts   []actView
	Older  int64 // the log goes on before this one; 0 where it does not
	Made   *madeView
}

// madeView is a secret that is shown once.
type madeView struct{ Name, Secret, How string }

type personView struct {
	Name         string
	Role         account.Role
	Active       bool
	State, Seen  string
	Locked, Self bool
}

type keyView struct {
	ID, Name, Role, Shops, Used, Expires string
	Maker                                string // by whom, and what that leaves of the role
	Ended, Less                          bool   // Less: the maker may not do all of it any more
}

type actView struct {
	At, By, What, Subject, Detail string
	State                         string // empty where it was done
}

func (p *Pages) accountsPage(c *gin.Context) { p.showAccounts(c, nil) }

// showAccounts shows the page, and what was made just now above it.
func (p *Pages) showAccounts(c *gin.Context, made *madeView) {
	ctx, w, now := c.Request.Context(), p.words(c), p.Now()
	roles := account.Roles()
	v := accountsView{Roles: roles, Lesser: roles[:len(roles)-1], Made: made}
	before, _ := strconv.ParseInt(c.Query("before"), 10, 64) // else from the newest on
	for _, fill := range []func() error{
		func() error { return p.fillPeople(ctx, w, now, visitorOf(c).name, &v) },
		func() error { return p.fillKeys(ctx, w, now, &v) },
		func() error { return p.fillActs(ctx, w, now, before, &v) },
	} {
		if err := fill(); err != nil {
			p.fail(c, err)
			return
		}
	}
	p.render(c, "accounts", "accounts", v)
}

func (p *Pages) fillPeople(ctx context.Context, w words, now time.Time, self string, v *accountsView) error {
	people, err := p.People.People(ctx)
	for _, who := range people {
		one := personView{Name: who.Name, Role: who.Role, Active: who.Active, State: w.T("person_active"), Seen: w.T("never"), Self: who.Name == self}
		if !who.Seen.IsZero() {
			one.Seen = p.clock(who.Seen, now)
		}
		switch {
		case !who.Active:
			one.State = w.T("person_stopped")
		case who.Locked.After(now):
			one.State, one.Locked = w.T("person_locked", p.clock(who.Locked, now)), true
		case who.Temporary:
			one.State = w.T("person_new")
		}
		v.People = append(v.People, one)
	}
	return err
}

func (p *Pages) fillKeys(ctx context.Context, w words, now time.Time, v *accountsView) error {
	keys, err := p.People.Keys(ctx)
	if err != nil {
		return err
	}
	for i := range keys {
		k := &keys[i]
		one := keyView{ID: k.ID, Name: k.Name, Role: w.Role(k.Role), Shops: w.T("all_shops"), Used: w.T("never"), Expires: w.T("key_no_end")}
		if len(k.Shops) > 0 {
			one.Shops = strings.Join(k.Shops, ", ")
		}
		if !k.Used.IsZero() {
			one.Used = p.clock(k.Used, now)
		}
		switch {
		case !k.Revoked.IsZero():
			one.Expires, one.Ended = w.T("key_revoked", p.clock(k.Revoked, now)), true
		case !k.Expires.IsZero():
			one.Expires, one.Ended = p.clock(k.Expires, now), !now.Before(k.Expires)
		}
		switch {
		case k.Maker == "": // made by no account, or so long ago that the log does not say by whom
			one.Maker = w.T("key_nobody")
		case k.InForce == account.Nobody:
			one.Maker, one.Less = w.T("key_rests", k.Maker), true
		case k.InForce != k.Role:
			one.Maker, one.Less = w.T("key_less", k.Maker, w.Role(k.InForce)), true
		default:
			one.Maker = w.T("key_maker", k.Maker)
		}
		v.Keys = append(v.Keys, one)
	}
	shops, err := p.HQ.Shops(ctx)
	seen := map[string]bool{}
	for _, s := range shops {
		if !seen[s.Shop] {
			v.Shops = append(v.Shops, s.Shop)
		}
		seen[s.Shop] = true
	}
	return err
}

func (p *Pages) fillActs(ctx context.Context, w words, now time.Time, before int64, v *accountsView) error {
	acts, err := p.People.Acts(ctx, before, actsOnPage+1)
	if len(acts) > actsOnPage {
		acts = acts[:actsOnPage]
		v.Older = acts[actsOnPage-1].N
	}
	for _, a := range acts {
		one := actView{At: p.clock(a.At, now), By: cmp.Or(a.By, "—"), What: w.known("a_", strings.Replace(a.What, " /v1/", " /", 1)), Subject: a.Subject, Detail: a.Detail}
		switch a.State {
		case account.ActBegun:
			one.State = w.T("act_begun")
		case account.ActRefused:
			one.State = w.T("act_refused")
		}
		v.Acts = append(v.Acts, one)
	}
	return err
}

// writeDown writes into the log what a form is about to change, and afterwards
// what came of it. What cannot be written down is not done.
func (p *Pages) writeDown(c *gin.Context) {
	err := p.written(c, c.Request.Method+" "+c.FullPath(), c.Request.URL.Path, func() account.ActState {
		c.Next()
		if c.Writer.Status() >= http.StatusBadRequest {
			return account.ActRefused
		}
		return account.ActDone
	})
	if err != nil {
		p.fail(c, err)
	}
}

// written does something that the log is to have.
func (p *Pages) written(c *gin.Context, what, subject string, do func() account.ActState) error {
	n, err := p.People.Begin(c.Request.Context(), account.Act{By: officer(c), What: what, Subject: subject})
	if err != nil {
		return err
	}
	if err := p.People.End(context.WithoutCancel(c.Request.Context()), n, do()); err != nil {
		p.Log.Error("log of acts", "act", n, "error", err)
	}
	return nil
}

func (p *Pages) addPerson(c *gin.Context) {
	name := strings.ToLower(strings.TrimSpace(c.PostForm("name")))
	password, err := p.People.Add(c.Request.Context(), officer(c), name, account.Role(c.PostForm("role")))
	p.showPasswordOf(c, name, password, err)
}

func (p *Pages) resetPerson(c *gin.Context) {
	name := c.Param("name")
	password, err := p.People.Reset(c.Request.Context(), officer(c), name)
	p.showPasswordOf(c, name, password, err)
}

func (p *Pages) showPasswordOf(c *gin.Context, name, password string, err error) {
	if err != nil {
		p.fail(c, err)
		return
	}
	p.showAccounts(c, &madeView{name, password, p.words(c).T("person_made")})
}

func (p *Pages) setRole(c *gin.Context) {
	p.managed(c, p.People.SetRole(c.Request.Context(), officer(c), c.Param("name"), account.Role(c.PostForm("role"))))
}

func (p *Pages) setActive(c *gin.Context) {
	p.managed(c, p.People.SetActive(c.Request.Context(), officer(c), c.Param("name"), c.PostForm("active") == "1"))
}

func (p *Pages) makeKey(c *gin.Context) {
	k := account.Key{Name: strings.TrimSpace(c.PostForm("name")), Role: account.Role(c.PostForm("role")), Shops: c.PostFormArray("shop")}
	if s := c.PostForm("days"); s != "" {
		days, err := strconv.Atoi(s)
		if err != nil || days < 1 || days > maxKeyDays {
			p.fail(c, edge.Errorf("web.makeKey", edge.Invalid, "want 1 to %d days, not %.20q", maxKeyDays, s))
			return
		}
		k.Expires = p.Now().AddDate(0, 0, days)
	}
	if who := visitorOf(c); who.person {
		k.Maker = who.name
	}
	text, made, err := p.People.MakeKey(c.Request.Context(), officer(c), k)
	if err != nil {
		p.fail(c, err)
		return
	}
	p.showAccounts(c, &madeView{made.Name, text, p.words(c).T("key_made")})
}

func (p *Pages) revokeKey(c *gin.Context) {
	p.managed(c, p.People.RevokeKey(c.Request.Context(), officer(c), c.Param("id")))
}

func (p *Pages) managed(c *gin.Context, err error) {
	if err != nil {
		p.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/accounts?"+url.Values{"lang": {langOf(c)}}.Encode())
}
