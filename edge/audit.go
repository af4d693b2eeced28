package edge

import (
	"context"
	"time"
)

// AuditKind says what was done.
type AuditKind string

// The kinds.
const (
	AuditSignedIn  AuditKind = "signed_in"
	AuditSignedOff AuditKind = "signed_off"
	AuditWrongPIN  AuditKind = "wrong_pin" // nobody is known by the PIN
	AuditLockedOut AuditKind = "locked_out"
	AuditApproved  AuditKind = "approved" // a manager's PIN let a clerk do something
	AuditOverrode  AuditKind = "overrode" // money was taken although the phone had the cart
	AuditDiscount  AuditKind = "discounted"
	AuditVoided    AuditKind = "voided"
	AuditRefunded  AuditKind = "refunded"
	AuditExchanged AuditKind = "exchanged"
	AuditGaveBack  AuditKind = "gave_back"       // a second payment, or an order's money
	AuditPartBack  AuditKind = "part_given_back" // of a payment, before all of it was there
	AuditCancelled AuditKind = "cancelled"       // an order; HQ was asked to, where it is placed
	AuditSawMoney  AuditKind = "saw_transfer"    // a clerk's word that a transfer's money came
	AuditDrawer    AuditKind = "drawer_opened"
	AuditDayClosed AuditKind = "day_closed"
	AuditRefused   AuditKind = "refused"          // something that nobody of ours tries, by whoever reached the gateway
	AuditForgot    AuditKind = "person_forgotten" // HQ or the till asked for it; About is PersonAsk.ID
	AuditTidied    AuditKind = "old_forgotten"    // what was kept long enough; About is what, Reason how many
	AuditInstalled AuditKind = "installed"        // the gateway's machine, by the technician that Staff names; Reason says which steps were left out
)

// AuditRecord says who did what at a till, and when. It never holds anything of a
// shopper, nor what opens a cart.
type AuditRecord struct {
	ID      string    `json:"id"` // UUIDv7
	Shop    string    `json:"shop"`
	Kind    AuditKind `json:"kind"`
	Staff   string    `json:"staff,omitempty"`   // who was signed in; empty where nobody was
	Manager string    `json:"manager,omitempty"` // whose PIN approved it
	About   string    `json:"about,omitempty"`   // the receipt, the order, the Z report; of PINs, where they were entered; of refusals, what was tried
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at"`
}

// AuditLog remembers what matters when something is wrong. What it has never
// changes. What the ledger, the cash book and the orders record of themselves
// stands here together with it, see the records' Deeds.
type AuditLog interface {
	// Audit records what was done, with its EventAudit in LaneOps. ID, Shop and At
	// are left to the log.
	Audit(ctx context.Context, r AuditRecord) error
	// AuditRecords lists the newest records, at most limit.
	AuditRecords(ctx context.Context, limit int) ([]AuditRecord, error)
}

// Check refuses a record that no gateway of ours makes.
func (r *AuditRecord) Check() error {
	const op = "edge.AuditRecord.Check"
	if r.Kind == "" || len(r.Kind) > maxClosingText {
		return Errorf(op, Invalid, "audit record of kind %.20q", r.Kind)
	}
	for _, s := range []string{r.ID, r.Shop, r.Staff, r.Manager, r.About, r.Reason} {
		if !plainText(s) {
			return Errorf(op, Invalid, "an audit record has %.40q: want at most %d bytes of plain text", s, MaxFieldText)
		}
	}
	return nil
}
