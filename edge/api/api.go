// Package api is the gateway's HTTP interface: catalogue, carts, hand-off, live
// events and the staff's till, with the one table that turns an edge.Kind into
// an HTTP status. openapi.yaml describes it all.
package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// base leads every route of this package.
const base = "/api/v1"

//go:embed openapi.yaml
var openAPI []byte

type carts interface {
	CreateCart(ctx context.Context) (*edge.Cart, error)
	Cart(ctx context.Context, id edge.CartID) (*edge.Cart, error)
	OpenCarts(ctx context.Context, limit int) ([]edge.OpenCart, error)
	OpenCart(ctx context.Context, id edge.CartID) (*edge.OpenCart, error)
	LabelCart(ctx context.Context, id edge.CartID, change func(c *edge.OpenCart) error) (*edge.OpenCart, error)
	CartByCode(ctx context.Context, code string) (*edge.Cart, error)
	ChangeCart(ctx context.Context, id edge.CartID, change func(c *edge.Cart, w edge.Writer) error) (*edge.Cart, error)
}

type ledger interface {
	RecordSale(ctx context.Context, key string, co edge.Checkout) (s *edge.Sale, replayed bool, err error)
	RequestTransfer(ctx context.Context, key string, a edge.TransferAsk) (t *edge.Transfer, replayed bool, err error)
	SeeTransfer(ctx context.Context, key string, w edge.TransferSeen) (s *edge.Sale, replayed bool, err error)
	Transfer(ctx context.Context, code string) (*edge.Transfer, error)
	Transfers(ctx context.Context, limit int) ([]edge.Transfer, error)
	VoidSale(ctx context.Context, key string, v edge.Voiding) (void *edge.Void, replayed bool, err error)
	RecordSecondPayment(ctx context.Context, key string, co edge.Checkout) (d *edge.RefundDue, replayed bool, err error)
	RefundsDue(ctx context.Context, limit int) ([]edge.RefundDue, error)
	GiveBack(ctx context.Context, key string, g edge.GivingBack) (given *edge.RefundGiven, replayed bool, err error)
	RefundSale(ctx context.Context, key string, r edge.Refunding) (refund *edge.Refund, replayed bool, err error)
	Exchange(ctx context.Context, key string, x edge.Exchanging) (done *edge.Exchange, replayed bool, err error)
	Sale(ctx context.Context, ref edge.SaleRef) (*edge.SaleHistory, error)
	Sales(ctx context.Context, limit int) ([]edge.RecordedSale, error)
	SalesBetween(ctx context.Context, from, until time.Time, limit int) ([]edge.RecordedSale, error)
	CloseDay(ctx context.Context, key, staff string) (z []edge.ZReport, replayed bool, err error)
	ZReports(ctx context.Context, limit int) ([]edge.ZReport, error)
	EnterStock(ctx context.Context, key string, e edge.StockEntry) (entered []edge.StockMove, replayed bool, err error)
	CountMark(ctx context.Context) (edge.LaneMark, error)
	Stock(ctx context.Context) (map[edge.SKU]int64, error)
	StockOf(ctx context.Context, skus []edge.SKU) (map[edge.SKU]int64, error)
}

type cashBook interface {
	RecordCash(ctx context.Context, key string, e edge.CashEntry) (r *edge.CashRecord, replayed bool, err error)
	CashShift(ctx context.Context) (*edge.CashShift, error)
	CashRecords(ctx context.Context, limit int) ([]edge.CashRecord, error)
}

type auditLog interface {
	Audit(ctx context.Context, r edge.AuditRecord) error
	AuditRecords(ctx context.Context, limit int) ([]edge.AuditRecord, error)
	Consents(ctx context.Context, limit int) ([]edge.Consent, error)
}

type catalogue interface {
	Release(ctx context.Context) (*edge.Release, error)
}

type outbox interface {
	Waiting(ctx context.Context, lane edge.Lane) (n uint64, oldest time.Time, err error)
}

type office interface {
	StockElsewhere(ctx context.Context, sku edge.SKU) ([]edge.ShopLevel, error)
	Places(ctx context.Context) (map[string]edge.Place, error)
}

type directory interface {
	Staff(ctx context.Context) (*edge.Directory, error)
}

type handoff interface {
	Apps() []edge.App // to offer
	Link(ctx context.Context, c *edge.Cart, app edge.App) (*edge.Link, error)
	QR(url string, size int) ([]byte, error)
	// Read is the cart that a link of this gateway names, or a code that people
	// type.
	Read(text string) (*edge.CartName, error)
}

// Shop is how the shop calls itself.
type Shop struct {
	ID       string    `json:"id"`
	Name     edge.Text `json:"name"`
	Timezone string    `json:"timezone"` // of the times its pages show, e.g. Asia/Ho_Chi_Minh
}

// Config is what a Server needs. Carts, Ledger, CashBook, Audit, Catalogue, Outbox, Handoff,
// Pictures, Hosts and Log must be set; without Staff nobody can sell.
type Config struct {
	Shop      Shop
	Carts     carts
	Ledger    ledger
	CashBook  cashBook
	Audit     auditLog
	Catalogue catalogue
	Outbox    outbox
	Office    office // what headquarters has told; nil where there is none
	Handoff   handoff
	Pictures  fs.FS    // product pictures, by file name
	Hosts     []string // names, without port, that a browser may reach us by
	Sealed    bool     // other machines than this one must come over TLS
	Staff     []Staff
	Directory directory         // who may sell beside Staff; nil for nobody
	Orders    *Orders           // nil where nothing is ordered in the shop
	Transfers *Transfers        // nil where shoppers cannot pay by transfer
	Cash      edge.CashRounding // how cash is rounded
	Addresses addresses         // nil where addresses are written freely
	// CashTolerance is the largest difference at the end of a shift that needs no
	// reason, in minor units.
	CashTolerance int64
	// SignOff is after how long without a touch a till signs its clerk off; 0 for
	// never. A page that is gone is signed off after half an hour at most.
	SignOff   time.Duration
	Discounts DiscountLimits // without any nobody gives discounts
	Version   string         // the program's
	Log       *slog.Logger

	// Line says whether HQ answers, and since when; nil in a shop without HQ.
	Line func() (up bool, since time.Time)
	// Faults says what else is out of order now; nil where nothing can be. It is
	// called from any goroutine.
	Faults func() []Fault
	// Device says how the machine fares; nil where nobody looks. It is called from
	// any goroutine.
	Device func() Device
	// TillKey is the secret by which a till is known again after a restart, 32
	// bytes; one of this run alone where nil.
	TillKey  []byte
	Printing printing // the ticket printer; nil for none
	// Served, where set, is told of each request that was answered: its route,
	// empty where there is none, and never its path.
	Served func(method, route string, status int, took time.Duration)
	// Now is time.Now where nil.
	Now func() time.Time
}

// Server answers the gateway's HTTP requests.
type Server struct {
	cfg      Config
	staff    *staffRoom
	tills    tills
	live     *broker
	creating *Limiter // new carts
	slips    *Limiter // printed for shoppers
	changing *Limiter // all that is not GET
	reading  *Limiter // by other machines
	refusals *Refusals
	start    time.Time

	indexing sync.Mutex
	indexed  *edge.Index // of the release that was asked for last
	listing  sync.Mutex
	listed   *listing // the catalogue as it was answered last
}

// New checks the configuration.
func New(cfg Config) (*Server, error) {
	const op = "api.New"
	if cfg.Carts == nil || cfg.Ledger == nil || cfg.CashBook == nil || cfg.Audit == nil || cfg.Catalogue == nil || cfg.Outbox == nil || cfg.Handoff == nil || cfg.Pictures == nil || cfg.Log == nil {
		return nil, edge.Errorf(op, edge.Invalid, "carts, ledger, cash book, audit, catalogue, outbox, handoff, pictures and log must all be given")
	}
	if len(cfg.Hosts) == 0 {
		return nil, edge.Errorf(op, edge.Invalid, "no host is allowed: name localhost at least")
	}
	if err := cfg.Cash.Check(); err != nil {
		return nil, err
	}
	if err := cfg.Discounts.check(); err != nil {
		return nil, err
	}
	if cfg.Transfers != nil {
		if err := cfg.Transfers.check(); err != nil {
			return nil, err
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Printing == nil {
		cfg.Printing = noPrinter{}
	}
	if cfg.TillKey == nil {
		cfg.TillKey = random(sha256.Size)
	}
	staff, err := newStaffRoom(cfg.Staff, cfg.Now)
	if err != nil {
		return nil, err
	}
	staff.signsOff = cfg.SignOff
	s := &Server{
		cfg: cfg, staff: staff, tills: tills{cfg.TillKey, cfg.Now}, live: newBroker(), start: cfg.Now(),
		creating: NewLimiter(cfg.Now, 20, 200), changing: NewLimiter(cfg.Now, 200, 400), reading: NewLimiter(cfg.Now, 300, 1500),
		slips: NewLimiter(cfg.Now, 0.1, 5), refusals: NewRefusals(cfg.Now),
	}
	if s.cfg.Faults == nil {
		s.cfg.Faults = func() []Fault { return nil }
	}
	return s, nil
}

// Engine makes the gateway's gin engine, for the pages of a kiosk and of tills:
// this package's routes behind the checks that every request passes. Other
// packages add theirs to it, under the same checks.
func (s *Server) Engine(kiosk string) *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // gin offers no other way to keep it from printing
	e := gin.New()
	_ = e.SetTrustedProxies(nil) // cannot fail: there is no address to parse
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.Use(s.logRequest, s.recoverPanic, protect, s.checkHost, s.checkSealed, s.checkPath, s.checkOrigin, s.limitRate, limitBody)
	e.NoRoute(func(c *gin.Context) {
		s.Fail(c, edge.Errorf("api", edge.NotFound, "there is nothing at %.100q", c.Request.URL.Path))
	})
	e.NoMethod(func(c *gin.Context) {
		s.failStatus(c, http.StatusMethodNotAllowed, edge.Errorf("api", edge.Invalid, "%.100q does not take %.10s", c.Request.URL.Path, c.Request.Method))
	})
	s.register(e.Group(base, func(c *gin.Context) { c.Set(kioskKey, kiosk) }))
	return e
}

func (s *Server) register(r *gin.RouterGroup) {
	r.GET("/openapi.yaml", func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", openAPI) })
	r.GET("/shop", s.getShop)
	r.GET("/catalogue", s.getCatalogue)
	r.GET("/catalogue/categories/:id", s.getShelf)
	r.GET("/catalogue/search", s.getSearch)
	r.GET("/catalogue/variants/:sku", s.getVariant)
	r.GET("/pictures/:file", s.getPicture)
	r.GET("/addresses", s.getAddresses)
	r.GET("/addresses/:file", s.getPlaces)
	r.GET("/status", s.getStatus)
	r.GET("/events", s.getEvents)

	r.POST("/carts", s.postCart)
	r.GET("/carts/:id", s.getCart)
	r.POST("/carts/:id/lines", s.postLine)
	r.PUT("/carts/:id/lines/:line", s.putLine)
	r.PUT("/carts/:id/lines/:line/fields/:name", s.putField)
	r.PUT("/carts/:id/fields/:name", s.putField)
	r.POST("/carts/:id/claim", s.postClaim)
	r.GET("/handoff/apps", s.getApps)
	r.POST("/carts/:id/handoff", s.postHandoff)
	r.POST("/carts/:id/handoff/revoke", s.postRevoke)
	r.GET("/carts/:id/qr.png", s.getQR)
	r.POST("/carts/:id/print", s.postSlip)

	r.POST("/staff/session", s.postSession)
	staff := r.Group("/staff", s.requireStaff)
	staff.GET("/session", s.getSession)
	staff.DELETE("/session", s.deleteSession)
	staff.POST("/approvals", s.postApproval)
	staff.GET("/carts", s.getOpenCarts)
	staff.POST("/carts/find", s.postFindCart)
	staff.GET("/carts/:id", s.getOpenCart)
	staff.PUT("/carts/:id/parked", s.putParked)
	staff.DELETE("/carts/:id/parked", s.deleteParked)
	staff.PUT("/carts/:id/discounts", s.putDiscount)
	staff.DELETE("/carts/:id/discounts", s.deleteDiscount)
	staff.PUT("/carts/:id/parts/:part", s.putPart)
	staff.DELETE("/carts/:id/parts/:part", s.deletePart)
	staff.GET("/events", s.getStaffEvents)
	staff.POST("/sales", s.postSale)
	staff.GET("/sales", s.getSales)
	staff.GET("/sales/:id", s.getSale)
	staff.POST("/sales/:id/void", s.postVoid)
	staff.POST("/sales/:id/refunds", s.postRefund)
	staff.POST("/sales/:id/exchange", s.postExchange)
	staff.POST("/second-payments", s.postSecondPayment)
	staff.GET("/second-payments", s.getSecondPayments)
	staff.POST("/second-payments/:id/given-back", s.postGivenBack)
	staff.GET("/payment-ways", s.getWays)
	staff.POST("/payments", s.postTransfer)
	staff.GET("/payments", s.getTransfers)
	staff.GET("/payments/:code", s.getTransfer)
	staff.GET("/payments/:code/qr.png", s.getTransferQR)
	staff.POST("/payments/:code/seen", s.postTransferSeen)
	staff.POST("/orders/quote", s.postOrderQuote)
	staff.POST("/orders", s.postOrder)
	staff.GET("/orders", s.getOrders)
	staff.GET("/orders/:id", s.getOrder)
	staff.POST("/orders/:id/payments", s.postOrderPayment)
	staff.POST("/orders/:id/transfers", s.postOrderTransfer)
	staff.POST("/orders/:id/transfers/:code/seen", s.postOrderTransferSeen)
	staff.POST("/orders/:id/requests", s.postOrderRequest)
	staff.POST("/orders/:id/collected", s.postCollected)
	staff.GET("/customers", s.getCustomers)
	staff.DELETE("/customers", s.deleteCustomers)
	staff.GET("/device", s.getDevice)
	staff.GET("/stock", s.getStock)
	staff.POST("/stock/moves", s.postStockMoves)
	staff.GET("/z-reports", s.getZReports)
	staff.POST("/z-reports", s.postZReports)
	staff.GET("/audit", s.getAudit)
	staff.GET("/consents", s.getConsents)
	staff.GET("/cash", s.getCash)
	staff.POST("/cash", s.postCash)
	staff.GET("/cash/records", s.getCashRecords)
	staff.POST("/print", s.postPrint)
	staff.GET("/print/jobs", s.getPrintJobs)
	staff.POST("/print/jobs/:id", s.postPrintDecision)
}

// SignedIn is how many clerks are signed in at tills.
func (s *Server) SignedIn() int { return s.staff.count() }

// CartChanged tells whoever watches the cart that it has changed. The server
// does so itself for the changes it makes.
func (s *Server) CartChanged(id edge.CartID) { s.live.cartChanged(id) }

// StatusChanged tells whoever listens that the status may be another.
func (s *Server) StatusChanged() { s.live.statusChanged() }

// Run watches the status for those who listen to events, until ctx is done;
// then it ends their streams.
func (s *Server) Run(ctx context.Context) error {
	defer s.live.close()
	return s.watchStatus(ctx)
}

// random is n random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return b
}
