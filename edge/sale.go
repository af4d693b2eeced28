package edge

import "time"

// Method is how a sale was paid.
type Method string

// The methods.
const (
	Cash Method = "cash"
	Card Method = "card" // Reference is the terminal's; no card number ever enters
)

// Payment is money taken for a sale.
type Payment struct {
	Method    Method `json:"method"`
	Amount    int64  `json:"amount"`              // minor units of the sale's currency; the total that was shown when it was taken
	Tendered  int64  `json:"tendered,omitempty"`  // cash handed over
	Rounding  int64  `json:"rounding,omitempty"`  // of cash: Amount and this together were taken
	Reference string `json:"reference,omitempty"` // card terminal's slip number: at most 40 of A-Z, a-z, 0-9, space and dash, 12 of them digits; a transfer's code
}

// Change is the cash to give back.
func (p Payment) Change() int64 {
	if p.Method != Cash || p.Tendered == 0 {
		return 0
	}
	return p.Tendered - p.Amount - p.Rounding
}

// SaleLine is a line of a sale, priced. Amounts are minor units, tax included.
type SaleLine struct {
	SKU      SKU         `json:"sku"`
	GTIN     GTIN        `json:"gtin"`
	Name     Text        `json:"name"`
	Shade    Text        `json:"shade"`
	Quantity int         `json:"quantity"`
	Price    int64       `json:"price"`              // of one piece
	Discount int64       `json:"discount,omitempty"` // off Price times Quantity, a share of the whole ticket's included
	Total    int64       `json:"total"`
	VATRate  BasisPoints `json:"vat_rate"`
	VAT      int64       `json:"vat"` // the part of Total that is tax
}

// Sale is a recorded sale. It never changes; a void or a refund is a record of
// its own.
type Sale struct {
	ID       string     `json:"id"` // UUIDv7, or the id of the payment on the phone
	Shop     string     `json:"shop"`
	Cart     CartID     `json:"cart"`
	Checkout uint32     `json:"checkout"` // which check-out of the cart; unique with it
	Receipt  Receipt    `json:"receipt"`
	Lines    []SaleLine `json:"lines"`
	Total    Money      `json:"total"`
	VAT      int64      `json:"vat"`
	Payments Payments   `json:"payments"`
	TaxCode  TaxCode    `json:"tax_code,omitempty"` // the buyer's
	Release  uint32     `json:"release"`            // the version it was priced with
	Staff    string     `json:"staff"`
	At       time.Time  `json:"at"`
	Offline  bool       `json:"offline"` // the line to HQ was down
	// Discounts are those of the lines and of the whole ticket, as they were given.
	Discounts []Discount `json:"discounts,omitempty"`
	Override  *Approval  `json:"override,omitempty"` // by which the shop took money although the cart's claim forbade it
	// PaidAt is when a payment on the phone closed the cart, by HQ's clock; zero
	// where the shop took the money.
	PaidAt time.Time `json:"paid_at,omitzero"`
	// Elsewhere says that an order brings the goods: none leave this shop.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// Moves are the stock moves that the sale implies.
func (s *Sale) Moves() []StockMove {
	if s.Elsewhere {
		return nil
	}
	moves := make([]StockMove, 0, len(s.Lines))
	for i := range s.Lines {
		moves = append(moves, StockMove{SKU: s.Lines[i].SKU, Delta: -int64(s.Lines[i].Quantity), Reason: StockSale, Ref: s.ID, At: s.At})
	}
	return moves
}

// RecordedSale is a sale as the ledger lists it.
type RecordedSale struct {
	Sale
	Confirmed bool `json:"confirmed"` // HQ has it
}

// PriceCart prices the living lines of c with r. Lines of the same SKU become
// one.
func PriceCart(c *Cart, r *Release) ([]SaleLine, Money, error) {
	const op = "edge.PriceCart"
	var lines []SaleLine
	at := map[SKU]int{}
	for i := range c.Lines {
		l := &c.Lines[i]
		q := l.Quantity()
		if q == 0 {
			continue
		}
		if j, ok := at[l.SKU]; ok {
			lines[j].Quantity += q
			continue
		}
		v, ok := r.Variant(l.SKU)
		if !ok {
			return nil, Money{}, Errorf(op, NotFound, "product %s is not in catalogue %d: remove it from the cart", l.SKU, r.Version)
		}
		at[l.SKU] = len(lines)
		lines = append(lines, SaleLine{
			SKU: v.SKU, GTIN: v.GTIN, Name: v.Name, Shade: v.Shade,
			Quantity: q, Price: v.Price.Amount, VATRate: v.VAT,
		})
	}
	total := Money{Currency: r.Currency}
	for i := range lines {
		l := &lines[i]
		l.Total = l.Price * int64(l.Quantity)
		l.VAT = l.VATRate.Within(l.Total)
		total.Amount += l.Total
	}
	return lines, total, nil
}

// Checkout is what a clerk asks for: the cart, and how it is paid. Its payments
// come to the total that was shown.
type Checkout struct {
	Cart     CartID   `json:"cart"`
	Payments Payments `json:"payments"`
	TaxCode  TaxCode  `json:"tax_code,omitempty"` // the buyer's, for the invoice
	Staff    string   `json:"-"`                  // from the session
	Offline  bool     `json:"-"`                  // from the uplink
	// Override is a manager's yes to taking money although the cart's claim
	// forbids it.
	Override   *Approval    `json:"override,omitempty"`
	Discounts  []Discount   `json:"discounts,omitempty"` // a rate or an amount each
	Discounter Discounter   `json:"-"`                   // from the session and the settings
	Cash       CashRounding `json:"-"`                   // from the settings
	Deal       *Deal        `json:"-"`                   // about the cart, from the ledger; nil where there is none

	exchanged int64 // of the total, see Exchanging
}

// Sale makes the sale of c, priced with r, at the time at. It refuses a cart
// that is empty or paid already, one that a phone is paying now, and a payment
// that does not fit. ID, Shop, Checkout and Receipt are left to the ledger.
func (co Checkout) Sale(c *Cart, r *Release, at time.Time) (*Sale, error) {
	const op = "edge.Checkout.Sale"
	if c.Closed != nil {
		return nil, Errorf(op, Conflict, "this cart was already sold with receipt %s", c.Closed.Receipt)
	}
	var override *Approval
	if !c.Claim.ForShop(at) {
		if err := co.overrule(c.Claim, at); err != nil {
			return nil, err
		}
		override = co.Override
	}
	lines, total, err := PriceCart(c, r)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, Errorf(op, Invalid, "the cart is empty: there is nothing to sell")
	}
	if co.Deal != nil {
		if err := co.Deal.paidWith(co.Payments); err != nil {
			return nil, err
		}
		co.Discounter.approved = co.Deal.approvedFor(co.Discounts)
	}
	given, err := co.Discounter.Discounted(lines, co.Discounts, total.Currency)
	if err != nil {
		return nil, err
	}
	total.Amount = totalOf(lines)
	if co.Payments.By(BankTransfer) && len(co.Payments) == 1 {
		return nil, Errorf(op, Invalid, "a transfer is asked for first: the sale is recorded when the money came")
	}
	paid, err := co.paid(total)
	if err != nil {
		return nil, err
	}
	if err := co.TaxCode.Check(total.Currency); err != nil {
		return nil, err
	}
	s := &Sale{
		Cart: c.ID, Lines: lines, Total: total, Payments: paid, TaxCode: co.TaxCode,
		Release: r.Version, Staff: co.Staff, At: at, Offline: co.Offline,
		Override: override, Discounts: given,
	}
	for i := range lines {
		s.VAT += lines[i].VAT
	}
	return s, nil
}

// checkForm checks what can be told without knowing the total.
func (p Payment) checkForm() error {
	const op = "edge.Payment.Check"
	switch p.Method {
	case Cash:
		if p.Reference != "" {
			return Errorf(op, Invalid, "a cash payment has no reference: leave it out")
		}
	case Card, BankTransfer:
		if p.Tendered != 0 || p.Rounding != 0 {
			return Errorf(op, Invalid, "a payment by %s has no cash given and no rounding: leave them out", p.Method)
		}
		return checkSlip(p.Reference)
	default:
		return Errorf(op, Invalid, "payment method %.20q: want %s, %s or %s", p.Method, Cash, Card, BankTransfer)
	}
	return nil
}

// checkSlip checks a card terminal's slip number. It leaves no room for the 13
// to 19 digits of a card number (ISO/IEC 7812), however they are spaced out.
func checkSlip(s string) error {
	const op = "edge.Payment.Check"
	letters, digits := 0, 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z':
			letters++
		case r != ' ' && r != '-':
			return Errorf(op, Invalid, "the slip number of the card terminal, or the transfer's reference, has only letters A to Z, digits, spaces and dashes")
		}
	}
	if letters+digits == 0 || len(s) > 40 {
		return Errorf(op, Invalid, "enter the slip number of the card terminal, or the transfer's reference (at most 40 characters)")
	}
	if digits > 12 {
		return Errorf(op, Invalid, "%d digits may be a card number: enter the terminal's slip number instead (at most 12 digits)", digits)
	}
	return nil
}
