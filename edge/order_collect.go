package edge

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Collection says that an order was handed over in a shop.
type Collection struct {
	Order string    `json:"order"`
	Shop  string    `json:"shop"`
	Code  string    `json:"code"`
	Staff string    `json:"staff"`
	At    time.Time `json:"at"`
}

// Collecting is what a clerk asks for: a shopper is here for an order.
type Collecting struct {
	Order string      `json:"order"`
	Code  string      `json:"code"` // as the shopper has it, see OrderCode
	Pass  *PickUpPass `json:"-"`    // what was scanned, checked; nil where the code was typed
	Home  string      `json:"-"`    // this shop
	Staff string      `json:"-"`    // from the session
	Paid  bool        `json:"-"`    // the order's cart was paid here
}

// Collect hands the order k over, at the time at: once, in its shop, for its
// code, and when it is paid.
func (c Collecting) Collect(k *KnownOrder, at time.Time) (*Collection, error) {
	const op = "edge.Collecting.Collect"
	switch {
	case k.Collected != nil:
		return nil, Errorf(op, Conflict, "order %s was collected on %s, from %s", k.Number(), k.Collected.At.Format(time.RFC3339), k.Collected.Staff)
	case k.Stands == OrderCollected || k.Stands == OrderCompleted:
		return nil, Errorf(op, Conflict, "order %s was collected on %s", k.Number(), k.At.Format(time.RFC3339))
	case k.Way != Collect:
		return nil, Errorf(op, Conflict, "order %s is delivered, not collected", k.Number())
	case k.Shop != c.Home:
		return nil, Errorf(op, Conflict, "order %s is collected in the shop %s, this is %s", k.Number(), k.Shop, c.Home)
	case k.Code == "" || NormalOrderCode(c.Code) != NormalOrderCode(k.Code):
		return nil, Errorf(op, Forbidden, "the pick-up code is not that of order %s: read it again", k.Number())
	case k.Stands != OrderReady && (c.Pass == nil || !k.Stands.Live()):
		return nil, Errorf(op, Conflict, "order %s is %s: it is not ready to be collected", k.Number(), k.Stands)
	case k.Due > 0 && !c.Paid:
		return nil, Errorf(op, Conflict, "%s is still due for order %s: take that first", Money{k.Due, k.Total.Currency}, k.Number())
	}
	return &Collection{Order: k.ID, Shop: c.Home, Code: k.Code, Staff: c.Staff, At: at}, nil
}

// Check refuses a record that no gateway of ours makes.
func (c *Collection) Check() error {
	if !plain(c.Order) || !plain(c.Shop) || c.At.IsZero() {
		return Errorf("edge.Collection.Check", Invalid, "order %.70q collected in %.70q", c.Order, c.Shop)
	}
	return nil
}

// NormalOrderCode is a pick-up code without what people write otherwise.
func NormalOrderCode(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}

// PickUpPass is what a shopper's phone shows where an order is collected: HQ
// signed it, so a shop without a line knows the order by it.
type PickUpPass struct {
	Order string    `json:"o"`
	Shop  string    `json:"s"` // which hands it over
	Code  string    `json:"c"`
	Total Money     `json:"t"`
	Due   int64     `json:"d,omitempty"` // when it was signed, minor units
	At    time.Time `json:"a"`
}

const (
	passLead = "MCP."
	passTag  = "mirrorcart pick-up 1\x00"
	maxPass  = 1200 // bytes of text
)

// Seal writes the pass as a code carries it: MCP. and base64url of an Ed25519
// signature and the JSON that it signs, under a domain tag.
func (p *PickUpPass) Seal(key ed25519.PrivateKey) (string, error) {
	body, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sig := ed25519.Sign(key, append([]byte(passTag), body...))
	return passLead + base64.RawURLEncoding.EncodeToString(append(sig, body...)), nil
}

// IsPickUpPass tells a pass from a code that was typed.
func IsPickUpPass(s string) bool { return strings.HasPrefix(s, passLead) }

// OpenPickUpPass reads a pass that the owner of the key signed.
func OpenPickUpPass(s string, key ed25519.PublicKey) (*PickUpPass, error) {
	const op = "edge.OpenPickUpPass"
	rest, ok := strings.CutPrefix(s, passLead)
	if !ok || len(s) > maxPass {
		return nil, Errorf(op, Invalid, "this is no pick-up code: scan it again")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || len(b) <= ed25519.SignatureSize {
		return nil, Errorf(op, Invalid, "the pick-up code is not whole: scan it again")
	}
	body := b[ed25519.SignatureSize:]
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, append([]byte(passTag), body...), b[:ed25519.SignatureSize]) {
		return nil, Errorf(op, Forbidden, "headquarters did not sign this pick-up code")
	}
	var p PickUpPass
	if err := json.Unmarshal(body, &p); err != nil || !plain(p.Order) || !plain(p.Shop) || len(p.Code) > maxOrderCode ||
		p.Due < 0 || p.Due > p.Total.Amount || p.Total.Amount > maxBack || len(p.Total.Currency) != 3 {
		return nil, Errorf(op, Invalid, "the pick-up code says nothing that can be used: scan it again")
	}
	return &p, nil
}

// Known is the order as the pass alone tells of it.
func (p *PickUpPass) Known() *KnownOrder {
	return &KnownOrder{
		Order: Order{
			ID: p.Order, Shop: p.Shop, Way: Collect, Code: p.Code, Total: p.Total, Lines: []OrderLine{}, Steps: []OrderStep{},
		},
		Stands: OrderReady, At: p.At, Money: []OrderMoney{}, Requests: []OrderRequest{}, Paid: p.Total.Amount - p.Due, Due: p.Due,
	}
}
