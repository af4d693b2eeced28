package ticket

import (
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Cart is the slip that takes a cart to the shopper's phone.
type Cart struct {
	Lines []edge.SaleLine
	Total edge.Money
	Link  *edge.Link
	At    time.Time
}

func (d Cart) lay(s *sheet, shop *Shop) {
	s.head(shop, s.cart)
	s.pair(s.time, s.when(d.At, shop), plain)
	s.goods(d.Lines, d.Total.Currency)
	s.pair(s.total, d.Total.String(), large)
	s.code(d.Link.URL)
	s.text(s.scan, plain, centre)
	s.text(s.scanUntil+" "+s.when(d.Link.Expires, shop), small, centre)
	if d.Link.Code != "" {
		s.space(partGap)
		s.text(s.orType+" "+d.Link.CodeAt, small, centre)
		s.text(d.Link.Code, large, centre)
	}
	s.rule()
	s.text(s.notPaid, bold, centre)
	s.text(s.notReceipt, small, centre)
}

// Order is the slip of goods that are delivered or collected later.
type Order struct {
	Number  string
	State   edge.OrderState // when it is printed; empty for the receipt of its money
	Lines   []edge.SaleLine
	Fee     int64 // for bringing it, part of Total; minor units
	Total   edge.Money
	Paid    int64            // in all, minor units
	Money   *edge.OrderMoney // what the slip is the receipt of; nil for none
	Promise time.Time
	PickUp  string   // the shop's name; empty where it is delivered
	Code    string   // by which it is handed out; empty for none
	Deliver []string // the address, line by line
	Subject bool     // taken offline: subject to stock
	Link    string   // to its page; empty for none
	Staff   string
	At      time.Time
}

func (d Order) lay(s *sheet, shop *Shop) {
	s.head(shop, s.order)
	s.pair(s.number, d.Number, bold)
	s.pair(s.time, s.when(d.At, shop), plain)
	s.pair(s.staff, d.Staff, plain)
	if says := d.State.Says().In(s.lang); says != "" {
		s.text(says, bold, left)
	}
	s.goods(d.Lines, d.Total.Currency)
	money := func(n int64) string { return edge.Money{Amount: n, Currency: d.Total.Currency}.String() }
	if d.Fee != 0 {
		s.pair(s.fee, money(d.Fee), plain)
	}
	s.pair(s.total, d.Total.String(), large)
	s.orderMoney(d.Money)
	if d.Paid != 0 {
		s.pair(s.paid, money(d.Paid), plain)
		s.pair(s.due, money(d.Total.Amount-d.Paid), bold)
	}
	s.rule()
	if !d.Promise.IsZero() {
		s.pair(s.promise, s.when(d.Promise, shop), plain)
	}
	if d.PickUp != "" {
		s.pair(s.pickUp, d.PickUp, plain)
	}
	if d.Code != "" {
		s.pair(s.pickUpCode, d.Code, large)
	}
	if len(d.Deliver) > 0 {
		s.text(s.deliverTo, small, left)
		for _, l := range d.Deliver {
			s.text(l, plain, left)
		}
	}
	if d.Subject {
		s.rule()
		s.text(s.subject, bold, centre)
	}
	if d.Link != "" {
		s.code(d.Link)
	}
	s.rule()
	if d.Money == nil {
		s.text(s.notReceipt, small, centre)
	}
}

// orderMoney writes the receipt of an order's money.
func (s *sheet) orderMoney(m *edge.OrderMoney) {
	if m == nil {
		return
	}
	about := s.taken
	if m.Back {
		about = s.givenBack
	}
	s.rule()
	s.pair(s.receiptOf, m.Receipt.String(), bold)
	s.pair(about, m.Total.String(), large)
	s.rounded(m.Payment.Rounding, m.Total.Currency)
	s.pair(s.method(m.Payment.Method), edge.Money{Amount: m.Payment.Amount + m.Payment.Rounding, Currency: m.Total.Currency}.String(), plain)
	if m.Payment.Reference != "" {
		s.pair("", m.Payment.Reference, small)
	}
	if m.Back {
		s.pair(s.reason, m.Reason, plain)
		s.sign(s.customerSigns)
	}
}

// Test shows that the printer prints, and what it can draw.
type Test struct{ At time.Time }

func (d Test) lay(s *sheet, shop *Shop) {
	s.head(shop, s.test)
	s.text(s.when(d.At, shop), plain, centre)
	s.text(s.printerWorks, bold, centre)
	for _, text := range []string{"Tiếng Việt: ẵ ệ ỡ ự ₫", "English: Aa 0123456789", "中文：口红 眼镜 耳环", "ไทย: น้ำหอม ลิปสติก"} {
		s.text(text, plain, left)
	}
	s.solid()
}
