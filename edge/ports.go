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
	// OpenCarts lists the newest carts that have lines and are not paid, at
	// most limit.
	OpenCarts(ctx context.Context, limit int) ([]*Cart, error)
	// ChangeCart runs change on the cart as writer w, the gateway, and stores
	// the outcome; an error of change, or of the outcome's Check, is returned
	// and changes nothing. Only a real change makes an event.
	ChangeCart(ctx context.Context, id CartID, change func(c *Cart, w Writer) error) (*Cart, error)
	// MergeCart takes in what another party knows of a cart, making it known
	// here if it was not; it makes no event. It returns the merged cart.
	MergeCart(ctx context.Context, c *Cart) (*Cart, error)
}

// Ledger is what was sold. Sale, stock moves, receipt number, closed cart and
// outbox events commit together, durably, before RecordSale returns.
type Ledger interface {
	// RecordSale sells a cart with the release in force. A second call with
	// the same key and the same check-out records nothing and returns the first
	// one's sale, replayed; the same key with another check-out is a Conflict.
	// Its event is the whole sale: the stock that its lines take away has no
	// events of its own.
	RecordSale(ctx context.Context, key string, co Checkout) (s *Sale, replayed bool, err error)
	// Sales lists the newest sales, at most limit.
	Sales(ctx context.Context, limit int) ([]RecordedSale, error)
	// MoveStock records moves that are no sale, each with its EventStock in
	// LaneSale. A ref already recorded for the same SKU and reason is left
	// out, so that a file may be loaded twice.
	MoveStock(ctx context.Context, moves []StockMove) error
	// Stock is what the shop has of each SKU by its own moves.
	Stock(ctx context.Context) (map[SKU]int64, error)
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
	// SetMark stores HQ's mark. It may go back: HQ was restored.
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
	// with the carts it brought, merged as by MergeCart; a cart that MergeCart
	// refuses is left out. A message at or below the last one does nothing.
	Apply(ctx context.Context, n uint64, carts []*Cart) error
}
