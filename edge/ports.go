package edge

import (
	"context"
	"time"
)

// Carts keeps the shop's carts. Every change commits together with its
// EventCart in LaneOps.
type Carts interface {
	// CreateCart opens an empty cart.
	CreateCart(ctx context.Context) (*Cart, error)
	// Cart finds a cart; an Error of kind NotFound where there is none.
	Cart(ctx context.Context, id CartID) (*Cart, error)
	// OpenCarts lists carts, at most limit: first those that were emptied or paid
	// otherwise after a part was taken, then those that have lines and are not
	// paid, the parked ones first; each kind newest first.
	OpenCarts(ctx context.Context, limit int) ([]OpenCart, error)
	// OpenCart finds a cart with its label, be it paid or not; NotFound where there
	// is none.
	OpenCart(ctx context.Context, id CartID) (*OpenCart, error)
	// LabelCart runs change on what staff tell the cart apart by, and stores that
	// alone; an error of change is returned and changes nothing. It makes no
	// event but those of the audit log, of the cart's Deeds.
	LabelCart(ctx context.Context, id CartID, change func(c *OpenCart) error) (*OpenCart, error)
	// CartByCode finds the cart that has the code now, as ParseCode gives it;
	// NotFound where none has.
	CartByCode(ctx context.Context, code string) (*Cart, error)
	// ChangeCart runs change on the cart as writer w, the gateway, and stores
	// the outcome; an error of change, or of the outcome's Check, is returned
	// and changes nothing. Only a real change makes an event.
	ChangeCart(ctx context.Context, id CartID, change func(c *Cart, w Writer) error) (*Cart, error)
	// MergeCart takes in what another party knows of a cart, making it known
	// here if it was not. It makes no event of the cart; where it shows that a
	// sale of this ledger was the cart's second payment, that becomes due, with
	// its EventDue. It returns the merged cart.
	MergeCart(ctx context.Context, c *Cart) (*Cart, error)
}

// Ledger is what was sold, given back, moved and closed. All that one call
// records (records, receipt number, stock moves, the closed cart, events)
// commits together, durably, before the call returns.
//
// A call with a key may be repeated: the same key with the same request records
// nothing and returns the first one's reply, replayed; the same key with
// another request is a Conflict. A refused call uses up no key and no receipt
// number. Sales, voids and refunds take their numbers from one series, without
// a gap, and that is their order: never the time.
type Ledger interface {
	// RecordSale sells a cart with the release in force. Its event is the whole
	// sale: the stock that its lines take away has no events of its own.
	RecordSale(ctx context.Context, key string, co Checkout) (s *Sale, replayed bool, err error)
	// RequestTransfer asks for a cart's money by bank transfer, with its
	// EventTransfer. Where a request of the cart for the same is open, that one
	// is the reply.
	RequestTransfer(ctx context.Context, key string, a TransferAsk) (t *Transfer, replayed bool, err error)
	// SeeTransfer sells by a clerk's word that a transfer's money came, as
	// Transfer.See has it. An unknown code is NotFound.
	SeeTransfer(ctx context.Context, key string, w TransferSeen) (s *Sale, replayed bool, err error)
	// Transfer finds a transfer by its code; NotFound where there is none.
	Transfer(ctx context.Context, code string) (*Transfer, error)
	// Transfers lists the newest transfers, at most limit.
	Transfers(ctx context.Context, limit int) ([]Transfer, error)
	// VoidSale cancels a whole sale of this ledger, as Voiding.Void has it.
	VoidSale(ctx context.Context, key string, v Voiding) (void *Void, replayed bool, err error)
	// RefundSale gives back lines of a sale of this ledger, as Refunding.Refund
	// has it; of another receipt, named by its number, as RefundUnknown has it.
	// A number of the present series that was never given out is NotFound.
	RefundSale(ctx context.Context, key string, r Refunding) (refund *Refund, replayed bool, err error)
	// Exchange does both at once: a refund as RefundSale, and a sale as RecordSale
	// that it pays for.
	Exchange(ctx context.Context, key string, x Exchanging) (done *Exchange, replayed bool, err error)
	// RecordSecondPayment records money that a clerk took for a cart that turned
	// out to be paid, with its EventDue; where the cart is not paid it is a
	// Conflict.
	RecordSecondPayment(ctx context.Context, key string, co Checkout) (d *RefundDue, replayed bool, err error)
	// GiveBack records that the money of a second payment was given back, with
	// its EventGiven: once, or it is a Conflict. That of a sale is given back by
	// voiding or refunding the sale; it is a Conflict here. An unknown payment is
	// NotFound.
	GiveBack(ctx context.Context, key string, g GivingBack) (given *RefundGiven, replayed bool, err error)
	// RefundsDue lists the newest payments that came second, at most limit: those
	// of RecordSecondPayment until they are given back, and those of sales of this
	// ledger whose carts turned out to be paid earlier elsewhere, until they are
	// voided, or refunded in full.
	RefundsDue(ctx context.Context, limit int) ([]RefundDue, error)
	// Sale finds a sale of this ledger by its id or else its receipt, and what
	// became of it. The number of a void or a refund is a Conflict.
	Sale(ctx context.Context, ref SaleRef) (*SaleHistory, error)
	// Sales lists the newest sales, at most limit.
	Sales(ctx context.Context, limit int) ([]RecordedSale, error)
	// SalesBetween lists the sales recorded from one moment until before another,
	// both of whole seconds, newest first, at most limit.
	SalesBetween(ctx context.Context, from, until time.Time, limit int) ([]RecordedSale, error)
	// CloseDay makes the Z report of each series that has receipts since its
	// last one, oldest series first; a Conflict where none has.
	CloseDay(ctx context.Context, key, staff string) (z []ZReport, replayed bool, err error)
	// ZReports lists the newest Z reports, at most limit.
	ZReports(ctx context.Context, limit int) ([]ZReport, error)
	// PutEInvoice records a state that a sale's electronic invoice came to, with
	// its EventEInvoice. The state and reference in force again are left out; a
	// state that cannot follow is a Conflict.
	PutEInvoice(ctx context.Context, e EInvoice) error
	// MoveStock records moves that files bring, each with its EventStock in
	// LaneSale. A ref already recorded for the same SKU and reason is left
	// out, so that a file may be loaded twice.
	MoveStock(ctx context.Context, moves []StockMove) error
	// EnterStock records moves that people enter, and returns those that were
	// new. A ref already recorded for the same SKU and reason is left out where
	// the pieces are the same and a Conflict where not; a product that neither
	// the catalogue nor the stock knows is NotFound. A count as of an earlier
	// mark than one entered before is a Conflict.
	EnterStock(ctx context.Context, key string, e StockEntry) (entered []StockMove, replayed bool, err error)
	// CountMark is the mark to count stock as of, if the shelf is looked at now.
	CountMark(ctx context.Context) (LaneMark, error)
	// Stock is what the shop has of each SKU by its own moves.
	Stock(ctx context.Context) (map[SKU]int64, error)
	// StockOf is Stock of these SKUs alone; one that never moved is left out.
	StockOf(ctx context.Context, skus []SKU) (map[SKU]int64, error)
}

// Orders is what is ordered in the shop, or collected there. Keys, numbers and
// durability are as in Ledger, which shares them; every call makes its event in
// LaneSale.
type Orders interface {
	// PlaceOrder makes an order, as OrderAsk.Place has it, with a cart of its own
	// that shows it on the phone; what is ordered leaves the cart that it was in.
	// To whom it goes is kept encrypted, apart from it.
	PlaceOrder(ctx context.Context, key string, a OrderAsk) (o *KnownOrder, replayed bool, err error)
	// PayOrder takes money for an order or gives it back, as OrderPaying.Money has
	// it. What is paid first places the order.
	PayOrder(ctx context.Context, key string, p OrderPaying) (m *OrderMoney, replayed bool, err error)
	// RequestOrderTransfer asks for money of an order by bank transfer, as
	// OrderTransferAsk.Transfer has it. Where a request of the order for as much is
	// open, that one is the answer. Outbox.Apply takes the money when the bank's word
	// comes.
	RequestOrderTransfer(ctx context.Context, key string, a OrderTransferAsk) (t *Transfer, replayed bool, err error)
	// SeeOrderTransfer takes the money by a clerk's word that it came, as
	// Transfer.SeeOrder has it.
	SeeOrderTransfer(ctx context.Context, key string, w TransferSeen) (m *OrderMoney, replayed bool, err error)
	// AskOrder asks HQ to change or cancel an order, as Asking.Request has it. One
	// that is not placed yet is cancelled at once.
	AskOrder(ctx context.Context, key string, a Asking) (o *KnownOrder, replayed bool, err error)
	// CollectOrder hands an order over, as Collecting.Collect has it.
	CollectOrder(ctx context.Context, key string, c Collecting) (o *KnownOrder, replayed bool, err error)
	// KnownOrder finds an order that was taken here, or that HQ told of; NotFound
	// where there is none.
	KnownOrder(ctx context.Context, id string) (*KnownOrder, error)
	// KnownOrders lists orders, newest first, at most limit; in those states only
	// where some are named.
	KnownOrders(ctx context.Context, states []OrderState, limit int) ([]KnownOrder, error)
	// OrderContact is to whom an order goes; NotFound where that is not known here.
	OrderContact(ctx context.Context, id string) (*Contact, error)
	// Customers lists the contacts, newest first, of those who agreed to be found
	// by that telephone number, at most limit.
	Customers(ctx context.Context, phone string, limit int) ([]Contact, error)
	// ForgetCustomer forgets all contacts of that telephone number but those of
	// orders that are on their way there, which go when those have come to an end;
	// they are not found by it any more. The audit log has it.
	ForgetCustomer(ctx context.Context, phone string) error
}

// Catalogue is the release in force.
type Catalogue interface {
	// Release is the newest release that is in effect; an Error of kind
	// Unavailable where there is none yet. The caller must not change it.
	Release(ctx context.Context) (*Release, error)
	// PutRelease stores a release. The same version again must be the same
	// release, or it is a Conflict.
	PutRelease(ctx context.Context, r *Release) error
}

// Outbox is the shop's side of the line to HQ: the ledger's events, and how
// far HQ has confirmed them.
type Outbox interface {
	// Epoch is the epoch that events are written in now.
	Epoch() string
	// Head is the last event of the lane in the present epoch and its hash.
	Head(ctx context.Context, lane Lane) (seq uint64, hash Hash, err error)
	// HashAt is the hash of one event of the present epoch; the zero hash at
	// seq 0, kind NotFound beyond the head.
	HashAt(ctx context.Context, lane Lane, seq uint64) (Hash, error)
	// Events appends to dst the events after seq, in order, at most limit.
	Events(ctx context.Context, dst []Event, lane Lane, after uint64, limit int) ([]Event, error)
	// Mark is how far HQ has confirmed the lane.
	Mark(ctx context.Context, lane Lane) (uint64, error)
	// SetMark stores HQ's mark. It may go back: HQ was restored. The first one in an
	// epoch, 0 among them, says that HQ knows nothing of this gateway against which
	// the epoch, and its receipt series, stand.
	SetMark(ctx context.Context, lane Lane, mark uint64) error
	// OpenEpoch starts a new epoch with a new receipt series, which is above
	// the given one and above all that this shop knows of. Each lane's first
	// event names its parent; events above the lane's given mark (what HQ holds
	// for certain) are written again into the new epoch under their old ids.
	OpenEpoch(ctx context.Context, held map[Lane]uint64, above uint32) (epoch string, err error)
	// Series is the receipt series of the present epoch.
	Series() uint32
	// Ancestors lists, oldest first, where the earlier epochs of the lane end:
	// each is the parent of the one after it, the last that of the present
	// epoch. HQ holds every one of them up to there, unless it was restored.
	Ancestors(ctx context.Context, lane Lane) ([]EpochParent, error)
	// EpochHashAt is HashAt of an earlier epoch; the epoch unknown is NotFound.
	EpochHashAt(ctx context.Context, epoch string, lane Lane, seq uint64) (Hash, error)
	// EpochEvents is Events of an earlier epoch.
	EpochEvents(ctx context.Context, dst []Event, epoch string, lane Lane, after uint64, limit int) ([]Event, error)
	// Waiting counts the events HQ has not confirmed, and says when the oldest
	// of them happened (zero where there is none).
	Waiting(ctx context.Context, lane Lane) (n uint64, oldest time.Time, err error)
	// Changed delivers a value soon after events were added; values may merge.
	// It has one receiver, the uplink.
	Changed() <-chan struct{}
	// Applied is the number of the last downlink message that took effect.
	Applied(ctx context.Context) (uint64, error)
	// Apply stores, in one transaction, that downlink message n took effect,
	// with what it brought: carts, merged as by MergeCart, releases, and HQ's
	// newest word on stock, records and staff. A record of a payment that names
	// an open transfer makes its sale, or what is due of it, as Transfer.Hear has
	// it, unless the transfer was asked for in an earlier epoch: what became of it
	// there may be unknown here, so people have to look. What cannot be taken is
	// left out and logged. A message at or below the last one does nothing.
	//
	// A record of a sale makes the sale that a phone has paid, once, unless the
	// cart was paid earlier; in an epoch for which Recall.TakenBack was not called
	// yet it waits for that, since the sale may have been made in one before.
	Apply(ctx context.Context, n uint64, d Delivery) error
}
