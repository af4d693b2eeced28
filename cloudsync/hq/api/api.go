// Package api is HQ for other systems: everything that the shops sent, by
// cursor, as an export and as a live feed, and the pulls by which people ask a
// shop for something. Who asks shows a token; openapi.yaml describes it all, and
// is served at /openapi.json.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/audit"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Headquarters is what the API needs of HQ.
type Headquarters interface {
	FindEvents(ctx context.Context, f hq.Filter, after int64, limit int) ([]hq.FoundEvent, hq.Span, error)
	FindReceipts(ctx context.Context, f hq.Filter, after int64, limit int) ([]hq.Receipt, hq.Span, error)
	FindDiscrepancies(ctx context.Context, f hq.Filter, after int64, limit int) ([]audit.Discrepancy, error)
	FindDifferences(ctx context.Context, f hq.Filter, after int64, limit int) ([]hq.Difference, error)
	FindIncidents(ctx context.Context, f hq.Filter, open bool, after int64, limit int) ([]hq.FoundIncident, error)
	FindSetAside(ctx context.Context, f hq.Filter, after int64, limit int) ([]hq.FoundFlaw, error)
	FindStock(ctx context.Context, f hq.Filter, shop string, sku edge.SKU, limit int) ([]hq.Figure, error)
	LastEvent(ctx context.Context) (int64, error)
	Shops(ctx context.Context) ([]hq.Shop, error)
	Watch() (changed <-chan struct{}, cancel func())
	Pull(ctx context.Context, r hq.PullRequest) (id string, err error)
	PullByID(ctx context.Context, id string) (*hq.Pull, error)
	CommandResult(ctx context.Context, id string) ([]cloudsync.Result, error)
	Credits(ctx context.Context, states []hq.CreditState, after int64, limit int) ([]hq.Credit, error)
	SettleCredit(ctx context.Context, s hq.Settlement) (*hq.Credit, error)
	SeenTransfers(ctx context.Context, limit int) ([]edge.Transfer, error)
	RefundsDue(ctx context.Context, shop string, limit int) ([]edge.RefundDue, error)
	GiveBack(ctx context.Context, g hq.GivingBack) (*hq.GivenBack, error)
	FindOrders(ctx context.Context, f hq.OrderFilter, n int64, limit int) ([]hq.FoundOrder, error)
	Order(ctx context.Context, id string) (*hq.FoundOrder, error)
	ContactOfOrder(ctx context.Context, id string) (*edge.Contact, error)
	LatestGivenBack(ctx context.Context, shop string, limit int) ([]hq.GivenBack, error)
	MoveOrder(ctx context.Context, id string, by edge.OrderParty, to edge.OrderState, reason string) (*edge.Order, error)
	SendOrder(ctx context.Context, id string, p edge.Parcel) (*edge.Order, error)
	DeletePerson(ctx context.Context, phone string, why hq.DeletionReason, by string) (id string, err error)
	SignedDeletion(ctx context.Context, id string) (*hq.SignedDeletion, error)
	ExportPerson(ctx context.Context, phone, by string) (*hq.PersonExport, error)
	PersonExport(ctx context.Context, id string) (*hq.PersonExport, error)
	Staff(ctx context.Context, shop string) (*edge.Directory, error)
	PutMember(ctx context.Context, by, shop string, m edge.Member, pin string) error
	RemoveMember(ctx context.Context, by, shop, name string) error
	Issues(ctx context.Context, limit int) ([]hq.Issue, error)
	Undo(ctx context.Context, version uint32) (*edge.SignedRelease, error)
	Rollouts() *rollout.Rollouts
}

// Options are what the API is made with. HQ, Accounts, Now and Log are needed;
// without tokens and keys nobody is let in.
type Options struct {
	HQ       Headquarters
	Accounts Accounts
	Tokens   []account.Token // of the settings, beside the keys
	Now      func() time.Time
	Log      *slog.Logger
	Chats    Chats // nil where no chat app is served

	Heartbeat time.Duration // of a feed on which nothing happens; 15 s
	Patience  time.Duration // with a reader who does not read; 10 s
}

// API answers systems.
type API struct {
	Options
	description []byte        // OpenAPI, JSON
	streams     chan struct{} // a place for each export and feed
	spent       *allowances

	mu     sync.Mutex
	opened map[string]int // streams, by the name of their token
}

// Exports and feeds at a time: of all, and of one token, so that a reader that
// forgets to close its own leaves room for others.
const (
	maxStreams   = 64
	maxOfOneName = 16
)

// New makes the API.
func New(o Options) (*API, error) {
	const op = "api.New"
	if o.HQ == nil || o.Accounts == nil || o.Now == nil || o.Log == nil {
		return nil, edge.Errorf(op, edge.Invalid, "HQ, accounts, clock and log are all needed")
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 15 * time.Second
	}
	if o.Patience <= 0 {
		o.Patience = 10 * time.Second
	}
	description, err := describe()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return &API{Options: o, description: description, streams: make(chan struct{}, maxStreams), spent: newAllowances(o.Now), opened: map[string]int{}}, nil
}

// route is one thing that the API does.
type route struct {
	method, path string
	right        account.Right // needed; Anyone for none
	query        []string      // the parameters it knows; others are refused
	handle       gin.HandlerFunc
	// shopOf is the shop of what :id names; nil where that has none, or :shop or
	// the parameter says it.
	shopOf func(ctx context.Context, id string) (string, error)
}

var (
	logFilter   = []string{"after", "shop", "node", "type", "from", "to"}
	stockFilter = []string{"after", "shop", "from", "to"}
	exportForm  = []string{"format", "bom"}
)

func (a *API) routes() []route {
	get := func(path string, handle gin.HandlerFunc, query ...string) route {
		return route{method: http.MethodGet, path: path, right: account.Look, query: query, handle: handle}
	}
	does := func(method, path string, right account.Right, handle gin.HandlerFunc) route {
		return route{method: method, path: path, right: right, handle: handle}
	}
	of := func(shopOf func(context.Context, string) (string, error), r route) route {
		r.shopOf = shopOf
		return r
	}
	paged := func(filter []string) []string { return append(slices.Clone(filter), "limit") }
	export := func(filter []string) []string { return append(slices.Clone(filter), exportForm...) }
	return []route{
		does(http.MethodGet, "/openapi.json", account.Anyone, a.openAPI),
		get("/v1/events", list(a, a.eventsFrom), paged(logFilter)...),
		get("/v1/events/export", exported(a, a.eventsFrom, "events"), export(logFilter)...),
		get("/v1/sales", list(a, a.salesFrom), paged(logFilter)...),
		get("/v1/sales/export", exported(a, a.salesFrom, "sales"), export(logFilter)...),
		get("/v1/z-reports", list(a, a.zReportsFrom), paged(without(logFilter, "type"))...),
		get("/v1/z-reports/export", exported(a, a.zReportsFrom, "z-reports"), export(without(logFilter, "type"))...),
		get("/v1/audit", list(a, a.auditFrom), paged(without(logFilter, "type"))...),
		get("/v1/discrepancies", list(a, a.discrepanciesFrom), paged(without(logFilter, "type"))...),
		get("/v1/price-differences", list(a, a.priceDifferencesFrom), paged(without(logFilter, "type"))...),
		get("/v1/incidents", list(a, a.incidentsFrom), append(paged(logFilter), "open")...),
		get("/v1/quarantine", list(a, a.setAsideFrom), paged(logFilter)...),
		get("/v1/stock", list(a, a.stockFrom), paged(stockFilter)...),
		get("/v1/stock/export", exported(a, a.stockFrom, "stock"), export(stockFilter)...),
		get("/v1/shops", list(a, a.shopsFrom), "after", "shop", "node", "limit"),
		get("/v1/feed", a.feed, "after", "shop", "node", "type"),
		does(http.MethodPost, "/v1/shops/:shop/pulls", account.Operate, a.startPull),
		of(a.pullShop, get("/v1/pulls/:id", a.pull)),
		of(a.pullShop, get("/v1/pulls/:id/results", a.pullResults)),
		get("/v1/conversations", a.conversations, "all", "limit"),
		does(http.MethodGet, "/v1/conversations/:id", account.Operate, a.conversation), // people write who they are and where they live
		does(http.MethodPost, "/v1/conversations/:id/reply", account.Operate, a.replyToPerson),
		does(http.MethodPost, "/v1/conversations/:id/release", account.Operate, a.releaseConversation),
		get("/v1/payments", list(a, a.paymentsFrom), "after", "type", "limit"),
		does(http.MethodPost, "/v1/payments/:id/settle", account.Operate, a.settlePayment),
		get("/v1/transfers/seen", a.seenTransfers, "limit"),
		get("/v1/refunds-due", a.refundsDue, "shop", "limit"),
		get("/v1/refunds-given", a.refundsGiven, "shop", "limit"),
		does(http.MethodPost, "/v1/refunds-due/:id/given-back", account.Operate, a.giveBack),
		get("/v1/orders", list(a, a.ordersFrom), "after", "shop", "type", "limit"),
		of(a.orderShop, get("/v1/orders/:id", a.order)),
		of(a.orderShop, does(http.MethodGet, "/v1/orders/:id/contact", account.Operate, a.orderContact)),
		of(a.orderShop, does(http.MethodPost, "/v1/orders/:id/state", account.Operate, a.moveOrder)),
		of(a.orderShop, does(http.MethodPut, "/v1/orders/:id/parcel", account.Operate, a.sendOrder)),
		does(http.MethodPost, "/v1/persons/deletions", account.Persons, a.deletePerson),
		does(http.MethodGet, "/v1/persons/deletions/:id", account.Persons, a.deletion),
		does(http.MethodPost, "/v1/persons/exports", account.Persons, a.exportPerson),
		does(http.MethodGet, "/v1/persons/exports/:id", account.Persons, a.personExport),
		{method: http.MethodGet, path: "/v1/acts", right: account.Accounts, query: []string{"before", "limit"}, handle: a.acts},
		does(http.MethodGet, "/v1/shops/:shop/staff", account.Staff, a.staff),
		does(http.MethodPut, "/v1/shops/:shop/staff/:name", account.Staff, a.putMember),
		does(http.MethodDelete, "/v1/shops/:shop/staff/:name", account.Staff, a.removeMember),
		get("/v1/catalogues", a.catalogues, "limit"),
		does(http.MethodPost, "/v1/catalogues/undo", account.Catalogue, a.undoCatalogue),
		get("/v1/bundles", a.bundles),
		get("/v1/rollouts", a.rollouts, "limit"),
		get("/v1/rollouts/:id/gateways", a.rolloutGateways, "limit"),
	}
}

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

// Register adds the routes. A stream ends with its request's context: a server
// that shuts down cancels its base context first.
func (a *API) Register(r gin.IRouter) {
	for _, route := range a.routes() {
		handlers := []gin.HandlerFunc{a.admit(route)}
		switch looks := route.method == http.MethodGet; {
		case route.right == account.Operate, route.right == account.Catalogue, route.right == account.Persons && looks: // the others change nothing, or write it down themselves
			handlers = append(handlers, a.writeDown)
		}
		r.Handle(route.method, route.path, append(handlers, route.handle)...)
	}
}

// admit lets in who may ask, and what is asked in known words only.
func (a *API) admit(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		c.Header("X-Content-Type-Options", "nosniff")
		if r.right != account.Anyone {
			if err := a.authorize(c, r); err != nil {
				a.fail(c, err)
				return
			}
		}
		for _, p := range c.Params {
			if !storable(p.Value) {
				a.fail(c, invalid("the address holds what is no text: write it in UTF-8"))
				return
			}
		}
		for name, values := range c.Request.URL.Query() {
			if !slices.Contains(r.query, name) {
				a.fail(c, invalid("there is no parameter %.40q here: use %v", name, r.query))
				return
			}
			if len(values) > 1 {
				a.fail(c, invalid("%s is there %d times: give it once", name, len(values)))
				return
			}
			if !storable(values[0]) {
				a.fail(c, invalid("%s=%.40q is no text: write it in UTF-8", name, values[0]))
				return
			}
		}
	}
}

// storable reports whether every database takes s as a text.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func invalid(format string, args ...any) error {
	return edge.Errorf("api", edge.Invalid, format, args...)
}

func (a *API) openAPI(c *gin.Context) { c.Data(http.StatusOK, "application/json", a.description) }

// fail answers with an error. What went wrong inside is logged, not shown.
func (a *API) fail(c *gin.Context, err error) {
	status, kind, msg := http.StatusInternalServerError, edge.Internal, "HQ cannot answer right now: try again, and if it stays look at its log"
	known := map[edge.Kind]int{
		edge.Invalid: http.StatusBadRequest, edge.Unauthorized: http.StatusUnauthorized, edge.Forbidden: http.StatusForbidden,
		edge.NotFound: http.StatusNotFound, edge.Conflict: http.StatusConflict, edge.TooMany: http.StatusTooManyRequests,
		edge.TooLarge: http.StatusRequestEntityTooLarge,
	}
	e, ok := errors.AsType[*edge.Error](err)
	switch {
	case c.Request.Context().Err() != nil:
		c.Abort() // whoever asked has left
		return
	case ok && known[e.Kind] != 0:
		status, kind, msg = known[e.Kind], e.Kind, e.Msg
	default:
		a.Log.Error("HQ API", "route", c.FullPath(), "error", err)
	}
	if status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Bearer realm="headquarters"`)
	}
	if status == http.StatusTooManyRequests {
		c.Header("Retry-After", "1")
	}
	reply(c, status, gin.H{"error": gin.H{"kind": kind, "message": msg}})
	c.Abort()
}

// reply writes JSON, names and signs as they are.
func reply(c *gin.Context, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.Data(status, "application/json", b.Bytes())
}

// stream takes a place for a long answer; call done when it has ended.
func (a *API) stream(c *gin.Context) (done func(), err error) {
	name := c.GetString(tokenName)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.opened[name] >= maxOfOneName {
		return nil, edge.Errorf("api", edge.TooMany, "%d exports and feeds are open with this token, no more are served: close some", maxOfOneName)
	}
	select {
	case a.streams <- struct{}{}:
	default:
		return nil, edge.Errorf("api", edge.TooMany, "%d exports and feeds are open, no more are served: close some", maxStreams)
	}
	a.opened[name]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.opened[name]--; a.opened[name] == 0 {
			delete(a.opened, name)
		}
		<-a.streams
	}, nil
}
