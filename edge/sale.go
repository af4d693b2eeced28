package edge

import (
	"fmt"
	"strings"
	"time"
)

// Receipt is a receipt's number. Counter is gap-free per till and series; a
// new epoch starts a new series. It is made at the till and never renamed.
type Receipt struct {
	Till    string `json:"till"`
	Series  uint32 `json:"series"`
	Counter uint64 `json:"counter"`
}

func (r Receipt) String() string { return fmt.Sprintf("%s-%d-%06d", r.Till, r.Series, r.Counter) }

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
	Amount    int64  `json:"amount"`              // minor units of the sale's currency
	Tendered  int64  `json:"tendered,omitempty"`  // cash handed over
	Reference string `json:"reference,omitempty"` // card terminal's slip number
}

// Change is the cash to give back.
func (p Payment) Change() int64 {
	if p.Method != Cash || p.Tendered == 0 {
		return 0
	}
	return p.Tendered - p.Amount
}

// SaleLine is a line of a sale, priced. Amounts are minor units, tax included.
type SaleLine struct {
	SKU      SKU         `json:"sku"`
	GTIN     GTIN        `json:"gtin"`
	Name     Text        `json:"name"`
	Shade    Text        `json:"shade"`
	Quantity int         `json:"quantity"`
	Price    int64       `json:"price"` // of one piece
	Total    int64       `json:"total"`
	VATRate  BasisPoints `json:"vat_rate"`
	VAT      int64       `json:"vat"` // the part of Total that is tax
}

// Sale is a recorded sale. It never changes; a void or a refund is a record of
// its own.
type Sale struct {
	ID       string     `json:"id"` // UUIDv7
	Shop     string     `json:"shop"`
	Cart     CartID     `json:"cart"`
	Checkout uint32     `json:"checkout"` // which check-out of the cart; unique with it
	Receipt  Receipt    `json:"receipt"`
	Lines    []SaleLine `json:"lines"`
	Total    Money      `json:"total"`
	VAT      int64      `json:"vat"`
	Payment  Payment    `json:"payment"`
	Release  uint32     `json:"release"` // the version it was priced with
	Staff    string     `json:"staff"`
	At       time.Time  `json:"at"`
	Offline  bool       `json:"offline"` // the line to HQ was down
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

// Checkout is what a clerk asks for: the cart, and how it is paid.
type Checkout struct {
	Cart    CartID  `json:"cart"`
	Payment Payment `json:"payment"`
	Staff   string  `json:"-"` // from the session
	Offline bool    `json:"-"` // from the uplink
}

// Check refuses what can never be right.
func (p Payment) Check(total Money) error {
	const op = "edge.Payment.Check"
	switch p.Method {
	case Cash:
		if p.Tendered != 0 && p.Tendered < total.Amount {
			return Errorf(op, Invalid, "cash given is %s, the total is %s", Money{p.Tendered, total.Currency}, total)
		}
	case Card:
		if strings.TrimSpace(p.Reference) == "" || len(p.Reference) > 40 {
			return Errorf(op, Invalid, "enter the slip number of the card terminal (at most 40 characters)")
		}
		if looksLikeCardNumber(p.Reference) {
			return Errorf(op, Invalid, "that looks like a card number: enter the terminal's slip number instead")
		}
	default:
		return Errorf(op, Invalid, "payment method %.20q: want %s or %s", p.Method, Cash, Card)
	}
	return nil
}

// looksLikeCardNumber reports 13 to 19 digits (spaces and dashes aside) that
// pass the Luhn check, ISO/IEC 7812.
func looksLikeCardNumber(s string) bool {
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, s)
	if len(digits) < 13 || len(digits) > 19 {
		return false
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
