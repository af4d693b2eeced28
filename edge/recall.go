package edge

import "context"

// Recall takes back what HQ holds of this gateway's ledger and its database
// lacks: it was restored from a backup, or begun anew. Only LaneSale is taken
// back; carts come back by their codes.
type Recall interface {
	// Recalled says, of each epoch before the present one, up to which event
	// HQ and this database are known to agree. One that it does not name is not
	// known here.
	Recalled(ctx context.Context) ([]LaneMark, error)
	// TakeBack records, in one transaction, what a run of events of an earlier
	// epoch made: sales, voids, refunds, Z reports, payments due and stock, under
	// their old ids and numbers. None of them becomes an event again. What is
	// known already is passed over; a record that does not fit beside those made
	// since is left out and logged, its stock moves all the same. A run that
	// does not follow the one before it is a Conflict.
	TakeBack(ctx context.Context, r Run) error
	// TakenBack says that HQ holds nothing of the epochs before the given one that
	// is lacking here. It enters counts of stock again that were made without
	// knowing of moves that were taken back since (the shelf was right, the books
	// were not), and makes the sales that Outbox.Apply put off until then.
	TakenBack(ctx context.Context, epoch string) error
}

// Run is a run of LaneSale's events in an epoch that has ended, as HQ holds
// them. Events is empty where HQ holds only that there was one.
type Run struct {
	Epoch    string
	From, To uint64
	Prev     Hash // of event From-1
	Events   []Event
}
