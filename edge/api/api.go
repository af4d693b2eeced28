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
	"sync"
	"time"

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
