package edge

import (
	"encoding/json"
	"slices"
	"time"
)

// BankTransfer is money sent to the shop's bank account; Reference is the
// Transfer's code. It is asked for with a Transfer, never with a check-out.
const BankTransfer Method = "transfer"

// TransferState is how a transfer stands.
type TransferState string

// The states. Awaiting becomes expired by the clock alone; money may still come
// then, and is due to be given back.
const (
	TransferAwaiting   TransferState = "awaiting"
	TransferConfirmed  TransferState = "confirmed"  // the money came; Sale or Due says what it became
	TransferExpired    TransferState = "expired"    // nothing came in time
	TransferMismatched TransferState = "mismatched" // another amount came; people at HQ settle it
)

// Transfer asks a shopper to pay for a cart, or for an order, by bank transfer. It keeps what was
// asked for, so that what is paid is what is sold, whatever becomes of the cart
// and the prices meanwhile.
type Transfer struct {
	Code    string     `json:"code"` // by TransferCode; the bank passes it on
	Shop    string     `json:"shop"`
	Cart    CartID     `json:"cart"`
	Order   string     `json:"order,omitempty"` // id of the order whose money it asks for; Cart shows that order then
	Lines   []SaleLine `json:"lines"`
	Total   Money      `json:"total"`
	TaxCode TaxCode    `json:"tax_code,omitempty"`
	// Discounts are those of the sale that it asks the money for.
	Discounts []Discount `json:"discounts,omitempty"`
	Release   uint32     `json:"release"`
	Text      string     `json:"text"` // of the payment code that the shopper scans
	Staff     string     `json:"staff"`
	At        time.Time  `json:"at"`
	Until     time.Time  `json:"until"` // money sent after that sells nothing
	Offline   bool       `json:"offline"`

	State  TransferState `json:"state"` // never expired where it is stored, see StateAt
	Seen   *Approval     `json:"seen,omitempty"`
	Credit *Credit       `json:"credit,omitempty"` // what the bank says came
	Sale   string        `json:"sale,omitempty"`   // id of the sale that it paid
	Due    string        `json:"due,omitempty"`    // id of the RefundDue that it became
}

// Credit is money that the bank says came in.
type Credit struct {
	ID     string    `json:"id"` // HQ's name of it, unlike all others
	Amount Money     `json:"amount"`
	At     time.Time `json:"at"` // when it was sent, by the bank's clock
}

// Bounds of transfers.
const (
	// MaxTransferLife is how long a transfer may wait.
	MaxTransferLife = 24 * time.Hour

	maxTransferText = 512 // bytes, as much as such a code holds
)

// TransferAsk is what a clerk asks for: a transfer for a cart.
type TransferAsk struct {
	Cart    CartID  `json:"cart"`
	Amount  int64   `json:"amount"` // the total that was shown
	TaxCode TaxCode `json:"tax_code,omitempty"`
	// Discounts, Discounter and Deal are as in Checkout.
	Discounts  []Discount    `json:"discounts,omitempty"`
	Discounter Discounter    `json:"-"`
	Deal       *Deal         `json:"-"`
	Code       string        `json:"-"` // follows from the cart and the key
	Text       string        `json:"-"` // follows from the code and the amount
	Life       time.Duration `json:"-"` // from the settings
	Staff      string        `json:"-"` // from the session
	Offline    bool          `json:"-"` // from the uplink
}

// Transfer makes the transfer for c, priced with r, at the time at. It refuses
// what a check-out would refuse. Shop is left to the ledger.
func (a TransferAsk) Transfer(c *Cart, r *Release, at time.Time) (*Transfer, error) {
	co := Checkout{Payments: Payments{{Method: Cash, Amount: a.Amount}}, TaxCode: a.TaxCode, Discounts: a.Discounts, Discounter: a.Discounter, Deal: a.Deal}
	s, err := co.Sale(c, r, at)
	if err != nil {
		return nil, err
	}
	return a.ask(s, c.Claim.Until, r, at)
}

// OnPhone makes the transfer for c where HQ takes its money.
func (a TransferAsk) OnPhone(c *Cart, r *Release, at time.Time) (*Transfer, error) {
	held := *c
	held.Claim = Claim{Holder: HeldByShop, Until: at.Add(MaxTransferLife)} // HQ has asked the claim itself
	return a.Transfer(&held, r, at)
}

// ask makes the transfer for what s sells, to wait no longer than last.
func (a TransferAsk) ask(s *Sale, last time.Time, r *Release, at time.Time) (*Transfer, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	until := at.Add(a.Life).Truncate(time.Second)
	if until.After(last) {
		until = last // after that HQ may take money
	}
	return &Transfer{
		Code: a.Code, Cart: s.Cart, Lines: s.Lines, Total: s.Total, TaxCode: a.TaxCode, Discounts: s.Discounts, Release: r.Version, Text: a.Text,
		Staff: a.Staff, At: at, Until: until, Offline: a.Offline, State: TransferAwaiting,
	}, nil
}

func (a TransferAsk) check() error {
	const op = "edge.TransferAsk"
	if err := checkTransferCode(a.Code); err != nil {
		return err
	}
	switch {
	case a.Amount < 1:
		return Errorf(op, Invalid, "there is nothing to pay")
	case a.Text == "" || len(a.Text) > maxTransferText:
		return Errorf(op, Invalid, "a payment code of %d bytes", len(a.Text))
	case a.Life <= 0 || a.Life > MaxTransferLife:
		return Errorf(op, Invalid, "a transfer waits for %s: want at most %s", a.Life, MaxTransferLife)
	}
	return nil
}

// Asks reports whether t, still open, asks for the same as u: then one code
// will do, and nobody can pay twice.
func (t *Transfer) Asks(u *Transfer) bool {
	return t.Cart == u.Cart && t.Order == u.Order && t.StateAt(u.At) == TransferAwaiting && u.At.Add(time.Minute).Before(t.Until) &&
		t.Total == u.Total && t.TaxCode == u.TaxCode && slices.Equal(t.Lines, u.Lines) && slices.Equal(t.Discounts, u.Discounts)
}

// StateAt is how t stands by a clock that says at.
func (t *Transfer) StateAt(at time.Time) TransferState {
	if t.State == TransferAwaiting && !at.Before(t.Until) {
		return TransferExpired
	}
	return t.State
}

// Hear takes in what the bank says of t, whose cart is c (nil where it was
// forgotten), at the time at. It returns the sale that the money makes, or what
// is to be given back of it; neither where nothing new was said, where a clerk
// had seen the money, or where the amount is another one. Names and numbers are
// left to the ledger.
func (t *Transfer) Hear(cr Credit, c *Cart, at time.Time) (changed bool, s *Sale, due *RefundDue) {
	confirmed, changed := t.hear(cr)
	if !confirmed || t.Sale != "" {
		return changed, nil, nil
	}
	if c != nil && c.Closed == nil && !cr.At.After(t.Until) {
		return true, t.sale(at), nil
	}
	t.Due = cr.ID
	due = t.due(at)
	if c != nil && c.Closed != nil {
		due.Stands = *c.Closed
	}
	return true, nil, due
}

// hear notes what the bank says. It reports whether the money that was asked for
// came, and whether that, or another amount, was news.
func (t *Transfer) hear(cr Credit) (confirmed, changed bool) {
	switch {
	case t.Credit != nil && t.State != TransferMismatched:
		return false, false
	case cr.Amount != t.Total:
		if t.Credit != nil || t.Sale != "" || t.Seen != nil {
			return false, false // HQ knows of both, and people there settle it
		}
		t.State, t.Credit = TransferMismatched, &cr
		return false, true
	}
	t.State, t.Credit = TransferConfirmed, &cr
	return true, true
}

// due is the money of t, to be given back.
func (t *Transfer) due(at time.Time) *RefundDue {
	return &RefundDue{
		ID: t.Due, Cart: t.Cart, Taken: HeldByShop, Total: t.Total, Payments: Payments{t.payment()}, Staff: t.Staff, At: at,
	}
}

// Hold keeps what the bank says of a transfer for people to look at, without
// selling anything. It reports whether that was news.
func (t *Transfer) Hold(cr Credit) bool {
	if t.State != TransferAwaiting || t.Credit != nil {
		return false
	}
	t.Credit = &cr
	return true
}

// Forward reports whether t is as far as u or further: which of two records of
// one transfer stands.
func (t *Transfer) Forward(u *Transfer) bool {
	far := func(t *Transfer) (n int) {
		for i, yes := range []bool{t.Credit != nil, t.State == TransferMismatched, t.Sale != "" || t.Due != "" || t.Order != "" && t.State == TransferConfirmed} {
			if yes {
				n += 1 << i
			}
		}
		return n
	}
	return far(t) >= far(u)
}

// TransferWord is the data of a Record of a payment: what HQ says of a transfer,
// whose code is the record's ID.
type TransferWord struct {
	Cart   CartID `json:"cart"`
	Credit Credit `json:"credit"`
}

// Record is the word as HQ sends it.
func (w TransferWord) Record(code string, state TransferState, at time.Time) (*Record, error) {
	data, err := json.Marshal(w)
	return &Record{Kind: RecordPayment, ID: code, State: string(state), At: at.UTC(), Data: data}, err
}

// ReadTransferWord reads such a record.
func ReadTransferWord(r *Record) (*TransferWord, error) {
	const op = "edge.ReadTransferWord"
	if err := checkTransferCode(r.ID); err != nil {
		return nil, err
	}
	var w TransferWord
	if err := json.Unmarshal(r.Data, &w); err != nil {
		return nil, Errorf(op, Invalid, "payment %s: %v", r.ID, err)
	}
	return &w, w.Credit.Check()
}

// TransferSeen is a clerk's word that the money came, where the bank has not
// said so yet: seen on the shop's own bank app, never on the shopper's phone.
type TransferSeen struct {
	Code   string `json:"code"`
	Reason string `json:"reason"`
	Staff  string `json:"-"` // from the session
}

// See makes the sale by a clerk's word, at the time at. The shop asked while it
// held the cart, so the claim is not asked again. ID, Shop, Checkout and
// Receipt are left to the ledger.
func (t *Transfer) See(w TransferSeen, c *Cart, at time.Time) (*Sale, error) {
	const op = "edge.Transfer.See"
	if err := checkReason(w.Reason); err != nil {
		return nil, err
	}
	switch {
	case t.Sale != "":
		return nil, Errorf(op, Conflict, "this transfer has paid its sale already")
	case t.Order != "":
		return nil, Errorf(op, Conflict, "this transfer pays for an order: take its money for the order")
	case c.Closed != nil && t.State == TransferAwaiting:
		return nil, Errorf(op, Conflict, "this cart was paid already with receipt %s: if this money came too, the bank will say so and it is given back", c.Closed.Receipt)
	}
	if err := t.awaited(op); err != nil {
		return nil, err
	}
	t.State, t.Seen = TransferConfirmed, &Approval{Staff: w.Staff, Reason: w.Reason}
	return t.sale(at), nil
}

// awaited refuses a transfer of whose money everything is known.
func (t *Transfer) awaited(op string) error {
	switch t.State {
	case TransferConfirmed:
		return Errorf(op, Conflict, "the money of this transfer is to be given back: it came too late, or was not needed any more")
	case TransferMismatched:
		return Errorf(op, Conflict, "the bank says that %s came and not %s: headquarters settles it", t.Credit.Amount, t.Total)
	default:
		return nil
	}
}

func (t *Transfer) payment() Payment {
	return Payment{Method: BankTransfer, Amount: t.Total.Amount, Reference: t.Code}
}

func (t *Transfer) sale(at time.Time) *Sale {
	s := &Sale{
		Cart: t.Cart, Lines: slices.Clone(t.Lines), Total: t.Total, Payments: Payments{t.payment()}, TaxCode: t.TaxCode, Discounts: t.Discounts,
		Release: t.Release, Staff: t.Staff, At: at, Offline: t.Offline,
	}
	for i := range s.Lines {
		s.VAT += s.Lines[i].VAT
	}
	return s
}

// Check refuses a record that no ledger of ours makes.
func (t *Transfer) Check() error {
	const op = "edge.Transfer.Check"
	if err := checkTransferCode(t.Code); err != nil {
		return err
	}
	switch {
	case t.Total.Amount < 1 || t.Total.Amount > maxUnitPrice*maxMergedLines*MaxQuantity || len(t.Total.Currency) != 3:
		return Errorf(op, Invalid, "transfer %s of %d %.10s", t.Code, t.Total.Amount, t.Total.Currency)
	case t.State != TransferAwaiting && t.State != TransferConfirmed && t.State != TransferMismatched:
		return Errorf(op, Invalid, "transfer %s is %.20q", t.Code, t.State)
	case !t.Until.After(t.At) || t.Until.Sub(t.At) > MaxTransferLife:
		return Errorf(op, Invalid, "transfer %s waits from %s until %s", t.Code, t.At, t.Until)
	case t.Order != "" && (t.Sale != "" || !plain(t.Order)):
		return Errorf(op, Invalid, "transfer %s pays for both a sale and order %.70q", t.Code, t.Order)
	case t.Sale != "" && t.Due != "":
		return Errorf(op, Invalid, "the money of transfer %s is both a sale's and due", t.Code)
	}
	if t.Credit != nil {
		return t.Credit.Check()
	}
	return nil
}

// Check refuses what cannot be money that came in.
func (cr *Credit) Check() error {
	if len(cr.ID) < 8 || len(cr.ID) > maxClosingText || !plainText(cr.ID) || cr.Amount.Amount < 1 || len(cr.Amount.Currency) != 3 || cr.At.IsZero() {
		return Errorf("edge.Credit.Check", Invalid, "money %.40q of %d %.10s", cr.ID, cr.Amount.Amount, cr.Amount.Currency)
	}
	return nil
}
