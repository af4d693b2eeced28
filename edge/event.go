package edge

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Lane is an independent run of numbered events, so that a rush of one kind
// never delays another.
type Lane string

// The lanes of the ledger. Telemetry is unnumbered and no part of it.
const (
	LaneSale Lane = "sale" // sales, voids, refunds, orders and their money, Z reports, stock, invoices
	LaneOps  Lane = "ops"  // carts and everything else
)

// Lanes lists the ledger's lanes, the most precious first.
func Lanes() []Lane { return []Lane{LaneSale, LaneOps} }

// Event types, with the Go type of their data.
const (
	EventEpoch          = "epoch.opened"     // EpochOpened; always seq 1 of a lane
	EventSale           = "sale.recorded"    // Sale; its lines imply the stock they took
	EventVoid           = "sale.voided"      // Void; its Moves imply the stock that came back
	EventRefund         = "sale.refunded"    // Refund; its Moves imply the stock that came back
	EventDue            = "refund.due"       // RefundDue: money taken a second time for one cart
	EventGiven          = "refund.given"     // RefundGiven: that money was given back
	EventTransfer       = "transfer.changed" // Transfer, its whole state
	EventOrder          = "order.taken"      // Order, its whole state until it is placed; from then on HQ's word counts
	EventOrderPaid      = "order.paid"       // OrderMoney
	EventOrderRefunded  = "order.refunded"   // OrderMoney
	EventOrderRequest   = "order.requested"  // OrderRequest
	EventOrderCollected = "order.collected"  // Collection
	EventZ              = "z.closed"         // ZReport
	EventStock          = "stock.moved"      // StockMove
	EventEInvoice       = "einvoice.changed" // EInvoice
	EventCart           = "cart.changed"     // Cart, its whole state: merging it twice is harmless
	EventAudit          = "audit.recorded"   // AuditRecord
	EventCash           = "cash.recorded"    // CashRecord
)

// Hash is a SHA-256 value.
type Hash [sha256.Size]byte

// MarshalText writes lower-case hex.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads hex of exactly 32 bytes.
func (h *Hash) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(h) {
		return fmt.Errorf("hash: %d characters, want %d", len(b), 2*len(h))
	}
	if _, err := hex.Decode(h[:], b); err != nil {
		return fmt.Errorf("hash: %w", err)
	}
	return nil
}

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Event is one entry of a gateway's ledger, named by (Node, Epoch, Lane, Seq).
// Order is by Seq, never by Time.
type Event struct {
	Node    string          `json:"node"`
	Epoch   string          `json:"epoch"`
	Lane    Lane            `json:"lane"`
	Seq     uint64          `json:"seq"` // from 1, without a gap
	ID      string          `json:"id"`  // UUIDv7
	Type    string          `json:"type"`
	Time    int64           `json:"time"` // wall clock, milliseconds since 1970
	Mono    int64           `json:"mono"` // milliseconds since the gateway started
	Subject string          `json:"subject,omitempty"`
	Data    json.RawMessage `json:"data"` // compact JSON, kept byte for byte
}

// Hash chains the event to the one before it in its lane: SHA-256 over a
// domain tag, prev, and every field, each led by its length (64 bit, big
// endian) so that no two events share an encoding.
func (e *Event) Hash(prev Hash) Hash {
	h := sha256.New()
	put := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	num := func(v uint64) { put(binary.BigEndian.AppendUint64(nil, v)) }
	put([]byte("mirrorcart event 1"))
	put(prev[:])
	put([]byte(e.Node))
	put([]byte(e.Epoch))
	put([]byte(e.Lane))
	num(e.Seq)
	put([]byte(e.ID))
	put([]byte(e.Type))
	num(uint64(e.Time))
	num(uint64(e.Mono))
	put([]byte(e.Subject))
	put(e.Data)
	return Hash(h.Sum(nil))
}

// EpochOpened is the data of a lane's first event. A new epoch is opened when
// the database is new, was restored, or was found to differ from HQ's copy.
type EpochOpened struct {
	// Parent is the last event of this lane that HQ held when the epoch was
	// opened, and so where the epoch before it ends; nil at birth.
	Parent *EpochParent `json:"parent,omitempty"`
	// Series is the receipt series of the epoch.
	Series uint32 `json:"series,omitempty"`
}

// EpochParent names the last event of an earlier epoch.
type EpochParent struct {
	Epoch string `json:"epoch"`
	Seq   uint64 `json:"seq"`
	Hash  Hash   `json:"hash"`
}
