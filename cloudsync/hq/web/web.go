// Package web is what people at HQ look at, and where they ask shops for
// something: the shops and how they are, what they sell by the hour, pulls, orders,
// money that does not match or goes back, and what else waits for a person. Systems
// use package api.
//
// Who looks signs in with name and password, or with one of the API's tokens;
// where there are neither, the pages are open on HQ's own machine alone. What
// somebody may do there is said by their role, and what they did is in the log.
package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Headquarters is what the pages need of HQ.
type Headquarters interface {
	Shops(ctx context.Context) ([]hq.Shop, error)
	LastSample(ctx context.Context, node string) (s *cloudsync.Sample, received time.Time, err error)
	Stock(ctx context.Context, shop string) (map[edge.SKU]int64, error)
	ClosedShifts(ctx context.Context, shop string, limit int) ([]edge.CashRecord, error)
	Turnover(ctx context.Context, from, to time.Time, step time.Duration) ([]hq.Turnover, error)
	Sales(ctx context.Context, after int64, limit int) ([]hq.Sale, error)
	LatestSales(ctx context.Context, shop string, limit int) ([]hq.Sale, error)
	Pull(ctx context.Context, r hq.PullRequest) (id string, err error)
	Pulls(ctx context.Context, shop string, limit int) ([]hq.Pull, error)
	Matters(ctx context.Context, kind hq.MatterKind, shop string, limit int) ([]hq.Matter, error)
	WaitingMatters(ctx context.Context) (int64, error)
	SetAside(ctx context.Context, n int64) (*cloudsync.Opaque, error)
	Settle(ctx context.Context, kind hq.MatterKind, n int64, by, note string) error
	Watch() (changed <-chan struct{}, cancel func())
	Rollouts() *rollout.Rollouts
	Orders
	Money
	Staff
	Persons
}

// Options are what the pages are made with. All but the names, the tokens, the
// machine's role, the patience and the chats are needed.
type Options struct {
	HQ     Headquarters
	Brand  string            // the chain's name
	Names  map[string]string // of shops, by their ids, as people call them
	Zone   *time.Location    // of the times on the pages, and of when a day begins
	Door   Door
	People People
	Tokens []account.Token // who may sign in beside people
	// OwnMachine is what this machine's own people may do without signing in
	// while there are neither people nor tokens.
	OwnMachine account.Role
	Secret     []byte // seals sessions; the same for all collectors
	Now        func() time.Time
	Log        *slog.Logger
	// Patience is how long an order may wait until it is marked.
	Patience edge.OrderPatience
	Chats    Chats // nil where no chat app is served
}

// Pages answers HQ's people.
type Pages struct {
	Options
	templates *template.Template
	glossary  glossary
	streams   chan struct{} // a place for each stream that may be open
	doors     chan struct{} // one password or token at a time is looked at
	origin    *http.CrossOriginProtection
	heartbeat time.Duration
	readings  readings
}

const (
	maxStreams = 200
	minSecret  = 16 // bytes
)

// New makes the pages.
func New(o Options) (*Pages, error) {
	if o.HQ == nil || o.Door == nil || o.People == nil || o.Brand == "" || o.Zone == nil || len(o.Secret) < minSecret || o.Now == nil || o.Log == nil {
		return nil, edge.Errorf("web.New", edge.Invalid, "HQ, door, people, brand, zone, a secret of %d bytes, clock and log are all needed", minSecret)
	}
	t, err := parse()
	if err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	g, err := readGlossary()
	if err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	return &Pages{
		Options: o, templates: t, glossary: g, streams: make(chan struct{}, maxStreams), doors: make(chan struct{}, 1),
		origin: http.NewCrossOriginProtection(), heartbeat: heartbeat,
	}, nil
}

// Register adds the routes. A stream ends with its request's context: a server
// that shuts down cancels its base context first.
func (p *Pages) Register(r gin.IRouter) {
	pages := r.Group("/", p.admit)
	pages.GET("/", p.shopsPage)
	pages.GET("/shops/:shop", p.shopPage)
	pages.GET("/shops/:shop/staff", p.only(account.Staff), p.staffPage)
	pages.GET("/sales", p.salesPage)
	pages.GET("/sales.json", p.sales)
	pages.GET("/orders", p.ordersPage)
	pages.GET("/orders/:id", p.orderPage)
	pages.GET("/money", p.moneyPage)
	pages.GET("/incidents", p.mattersPage)
	pages.GET("/incidents/event/:n", p.setAsidePage)
	pages.GET("/bundles", p.bundlesPage)
	private := pages.Group("/persons", p.only(account.Persons))
	private.GET("", p.personsPage)
	private.GET("/exports/:id", p.exportPage)
	private.GET("/exports/:id/person.json", p.writeDown, p.downloadExport)
	private.GET("/deletions/:id", p.deletionPage)
	private.GET("/deletions/:id/record.json", p.downloadDeletion)
	pages.GET("/live", p.events)
	if p.Chats != nil {
		pages.GET("/chats", p.chatsPage)
		pages.GET("/chats/:id", p.only(account.Operate), p.writeReading, p.chatPage) // people write who they are and where they live
	}
	pages.GET(passwordPath, p.passwordPage)
	pages.GET("/accounts", p.only(account.Accounts), p.accountsPage)
	r.GET("/sign-in", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, "/") })
	for shown, page := range map[string]string{ // in answer to a form
		"/accounts/people": "/accounts", "/accounts/people/:name/reset": "/accounts", "/accounts/keys": "/accounts",
		"/persons/exports": "/persons", "/persons/exports/:id/delete": "/persons",
	} {
		r.GET(shown, func(c *gin.Context) { c.Redirect(http.StatusSeeOther, page+"?lang="+langOf(c)) })
	}
	forms := r.Group("/", p.act)
	forms.POST("/sign-in", p.signIn)
	forms.POST("/sign-out", p.signOut)
	forms.POST(passwordPath, p.admit, p.changePassword)
	change := func(path string, right account.Right, handle gin.HandlerFunc) {
		forms.POST(path, p.admit, p.only(right), p.writeDown, handle)
	}
	manage := func(path string, handle gin.HandlerFunc) { // writes down itself what it changes
		forms.POST(path, p.admit, p.only(account.Accounts), handle)
	}
	forms.POST("/shops/:shop/staff", p.admit, p.only(account.Staff), p.changeStaff) // likewise
	manage("/accounts/people", p.addPerson)
	manage("/accounts/people/:name/role", p.setRole)
	manage("/accounts/people/:name/active", p.setActive)
	manage("/accounts/people/:name/reset", p.resetPerson)
	manage("/accounts/keys", p.makeKey)
	manage("/accounts/keys/:id/revoke", p.revokeKey)
	forms.POST("/persons/exports", p.admit, p.only(account.Persons), p.exportPerson)            // headquarters writes it down
	forms.POST("/persons/exports/:id/delete", p.admit, p.only(account.Persons), p.deletePerson) // likewise
	forms.POST("/bundles/:id/:act", p.admit, p.only(account.Operate), p.actOnBundle)            // writes down itself what it changes
	change("/shops/:shop/pulls", account.Operate, p.startPull)
	change("/orders/:id/state", account.Operate, p.moveOrder)
	change("/orders/:id/parcel", account.Operate, p.sendOrder)
	change("/money/in/:id", account.Operate, p.settleMoney)
	change("/money/due/:id", account.Operate, p.giveBack)
	change("/incidents/:kind/:n", account.Operate, p.settle)
	if p.Chats != nil {
		change("/chats/:id/reply", account.Operate, p.replyToPerson)
		change("/chats/:id/release", account.Operate, p.releaseChat)
	}
}

// nameOf is what people call a shop: its id where no name is known.
func (p *Pages) nameOf(shop string) string { return cmp.Or(p.Names[shop], shop) }

func (p *Pages) words(c *gin.Context) words { return words{langOf(c), p.glossary} }

// frame is what every page has around its content.
type frame struct {
	Brand, Lang, Nonce string
	Here               string // the template
	Title              string
	Path               string
	Query              template.URL // of the address, all but the language
	Words              words
	Waiting            int64  // matters for a person
	Orders             int64  // that wait for an answer
	Money              int    // that waits: payments and refunds
	Chats              bool   // people write in chat apps
	Asking             int    // those of them who wait for an answer
	Who                string // signed in
	Person             bool   // with a password
	Role               account.Role
	May                bool // ask shops for something
	Content            any
}

// Live reports whether the page's script keeps it up to date.
func (f frame) Live() bool {
	return !slices.Contains([]string{"door", "fault", "aside", "accounts", "password", "staff"}, f.Here)
}

// render writes a page, or its content alone where the page's script asks for
// what is new.
func (p *Pages) render(c *gin.Context, name, title string, content any) {
	p.renderStatus(c, http.StatusOK, name, title, content)
}

func (p *Pages) renderStatus(c *gin.Context, status int, name, title string, content any) {
	w, who := p.words(c), visitorOf(c)
	query := c.Request.URL.Query()
	shape := "page"
	if query.Get("part") != "" {
		shape = "part"
	}
	query.Del("lang")
	query.Del("part")
	f := frame{
		Brand: p.Brand, Lang: w.lang, Nonce: nonce(), Here: name, Title: w.known("", title), Path: c.Request.URL.Path, Query: template.URL(query.Encode()),
		Words: w, Who: who.name, Person: who.person, Role: who.role, May: who.role.May(account.Operate), Content: content,
	}
	if who.role != account.Nobody && !who.temporary {
		f.Waiting, _ = p.HQ.WaitingMatters(c.Request.Context()) // the page itself says what does not work
		f.Orders, f.Money = p.waitingOrders(c.Request.Context()), p.waitingMoney(c.Request.Context())
		f.Chats, f.Asking = p.Chats != nil, p.asking(c)
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, shape, f); err != nil {
		p.Log.Error("HQ page", "route", c.FullPath(), "error", err)
		c.Status(http.StatusInternalServerError)
		c.Abort()
		return
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Language")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'nonce-"+f.Nonce+"'; script-src 'nonce-"+f.Nonce+
		"'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
}

func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// langOf is the page's language: asked for in the address, else the browser's,
// else Vietnamese.
func langOf(c *gin.Context) string {
	switch l := c.Query("lang"); l {
	case "vi", "en", "zh":
		return l
	}
	tags, _, _ := language.ParseAcceptLanguage(c.GetHeader("Accept-Language")) // a broken header wants nothing
	_, i, _ := language.NewMatcher([]language.Tag{
		language.Vietnamese, language.English, language.SimplifiedChinese, language.TraditionalChinese,
	}).Match(tags...)
	return []string{"vi", "en", "zh", "zh"}[i]
}
