package edge

import (
	"encoding/json"
	"time"
)

// PhoneSale is money that HQ took for a cart on the phone, of which the shop
// makes a sale with a receipt number of its own: the data of a Record of the
// kind RecordSale, whose ID is that of the payment and becomes the sale's. So
// whoever makes or hears of the sale twice has one.
type PhoneSale struct {
	Cart     CartID          `json:"cart"`
	Payment  Payment         `json:"payment"` // ByPhone
	Currency string          `json:"currency"`
	At       time.Time       `json:"at"`    // when the money closed the cart, by HQ's clock
	Lines    []PhoneSaleLine `json:"lines"` // as they were priced when the money was asked for
	TaxCode  TaxCode         `json:"tax_code,omitempty"`
	Release  uint32          `json:"release"`
	// Elsewhere says that an order brings the goods: none leave this shop.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// PhoneSaleLine is a line of it. The shop, which has the catalogue, is not told
// its names: the lines of the largest carts must fit one message.
type PhoneSaleLine struct {
	SKU      SKU         `json:"sku"`
	Quantity int         `json:"quantity"`
	Price    int64       `json:"price"` // of one piece
	VATRate  BasisPoints `json:"vat_rate"`
}

// PhoneSale is what the shop is told of a transfer that a phone paid with p.
func (t *Transfer) PhoneSale(p *PhonePayment, elsewhere bool) *PhoneSale {
	s := &PhoneSale{
		Cart: t.Cart, Payment: p.Payment, Currency: t.Total.Currency, At: p.At,
		TaxCode: t.TaxCode, Release: t.Release, Elsewhere: elsewhere,
	}
	for i := range t.Lines {
		l := &t.Lines[i]
		s.Lines = append(s.Lines, PhoneSaleLine{l.SKU, l.Quantity, l.Price, l.VATRate})
	}
	return s
}

// Record is how HQ tells the shop of it; id is the payment's. One that is too
// large for a message is TooLarge.
func (p *PhoneSale) Record(id string) (*Record, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	r := &Record{Kind: RecordSale, ID: id, State: "paid", At: p.At.UTC(), Data: data}
	if err := r.Check(); err != nil {
		return nil, err
	}
	_, err = ReadPhoneSale(r)
	return r, err
}

// ReadPhoneSale reads such a record.
func ReadPhoneSale(r *Record) (*PhoneSale, error) {
	const op = "edge.ReadPhoneSale"
	var p PhoneSale
	if err := json.Unmarshal(r.Data, &p); err != nil {
		return nil, Errorf(op, Invalid, "what a phone paid with %s: %v", r.ID, err)
	}
	var total int64
	for i := range p.Lines {
		l := &p.Lines[i]
		if l.SKU == "" || len(l.SKU) > maxLineSKU || l.Quantity < 1 || l.Quantity > MaxQuantity*maxMergedLines ||
			l.Price < 0 || l.Price > maxUnitPrice || l.VATRate < 0 || l.VATRate > maxVATBasis {
			return nil, Errorf(op, Invalid, "payment %s: line %d of %d pieces of %.40q for %d each", r.ID, i+1, l.Quantity, l.SKU, l.Price)
		}
		total += l.Price * int64(l.Quantity)
	}
	if len(p.Lines) == 0 || len(p.Lines) > maxMergedLines || total != p.Payment.Amount {
		return nil, Errorf(op, Invalid, "payment %s of %d: its %d lines come to %d", r.ID, p.Payment.Amount, len(p.Lines), total)
	}
	paid := p.payment(r.ID)
	return &p, paid.Check()
}

func (p *PhoneSale) payment(id string) PhonePayment {
	return PhonePayment{ID: id, Cart: p.Cart, Total: Money{p.Payment.Amount, p.Currency}, Payment: p.Payment, At: p.At}
}

// Closing is how the payment id closes its cart.
func (p *PhoneSale) Closing(id string) *Closing {
	paid := p.payment(id)
	return paid.Closing()
}

// Sale makes the sale of it, at the time at, with the names that r has for its
// products; r is nil where the shop has no catalogue yet. Shop, Checkout and
// Receipt are left to the ledger.
func (p *PhoneSale) Sale(id string, r *Release, at time.Time) *Sale {
	s := &Sale{
		ID: id, Cart: p.Cart, Total: Money{p.Payment.Amount, p.Currency}, Payments: Payments{p.Payment}, PaidAt: p.At,
		TaxCode: p.TaxCode, Release: p.Release, At: at, Elsewhere: p.Elsewhere,
	}
	for _, l := range p.Lines {
		name := string(l.SKU)
		line := SaleLine{SKU: l.SKU, Name: Text{name, name, name}, Quantity: l.Quantity, Price: l.Price, VATRate: l.VATRate}
		if r != nil {
			if v, ok := r.Variant(l.SKU); ok {
				line.GTIN, line.Name, line.Shade = v.GTIN, v.Name, v.Shade
			}
		}
		line.Total = l.Price * int64(l.Quantity)
		line.VAT = l.VATRate.Within(line.Total)
		s.Lines = append(s.Lines, line)
		s.VAT += line.VAT
	}
	return s
}
