package cart

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
)

// consentWording is the version of the words by which the page asks whether HQ
// may keep a name. Who changes them counts it on.
const consentWording = "order-1"

// Fulfilment is how the shopper wants the goods.
type Fulfilment struct {
	Way edge.OrderWay `json:"way,omitempty"` // none while nothing was chosen: the goods are taken along
	// Contact is to whom they go, for the phone alone that entered it.
	Contact *edge.Contact `json:"contact,omitempty"`
}

// Order is what was ordered from the cart.
type Order struct {
	ID      string          `json:"id"`
	Number  string          `json:"number"` // what people call it by
	State   edge.OrderState `json:"state"`
	Says    string          `json:"says"`
	Reason  string          `json:"reason,omitempty"`
	Way     edge.OrderWay   `json:"way"`
	Place   edge.Place      `json:"place,omitzero"` // where it is collected
	At      time.Time       `json:"at"`             // since when it is in its state
	Placed  time.Time       `json:"placed"`
	Total   int64           `json:"total"`
	Subject bool            `json:"subject_to_stock"`
	Due     int64           `json:"due"`              // minor units
	Code    string          `json:"code,omitempty"`   // to collect it with; for the cart's owner alone
	Differs bool            `json:"differs"`          // the cart holds other pieces than were ordered
	Parcel  *edge.Parcel    `json:"parcel,omitempty"` // who brings it; for the cart's owner alone
	Live    bool            `json:"live"`             // the cart does not change meanwhile
	Cancel  bool            `json:"may_cancel"`       // this phone may
	Return  bool            `json:"may_return"`
}

// addOrder shows what was ordered, and where to.
func (p *Pages) addOrder(ctx context.Context, c *Content, v *visit) error {
	c.Fulfilment.Way = edge.OrderWay(v.cart.Fields[edge.Fulfilment].Text)
	if c.Phone.Owns() {
		contact, err := p.HQ.Contact(ctx, v.cart.ID, v.key())
		if err != nil && edge.KindOf(err) != edge.NotFound {
			return err
		}
		c.Fulfilment.Contact = contact
	}
	o, err := p.HQ.OrderOfCart(ctx, v.cart.ID)
	if edge.KindOf(err) == edge.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	s := o.State()
	c.Order = &Order{
		ID: o.ID, Number: o.Number(), State: s, Says: s.Says().In(v.lang), Reason: o.Steps[len(o.Steps)-1].Reason, Way: o.Way,
		At: o.Since(), Placed: o.Placed(), Total: o.Total.Amount, Subject: o.Short() && s.Unsure(), Differs: otherPieces(v.cart, o), Live: s.Live(),
	}
	if o.Way == edge.Collect {
		c.Order.Place = p.HQ.Place(o.Shop)
	}
	if s.Live() {
		if c.Order.Due, err = p.HQ.OrderDue(ctx, o); err != nil {
			return err
		}
	}
	if c.Phone.Owns() {
		c.Order.Code, c.Order.Parcel = o.Code, o.Parcel
		c.Order.Cancel, c.Order.Return = s.MayCancel(o.Way), s.MayReturn(o.Way)
	}
	return nil
}

// Waits reports whether the order waits in the shop, for this phone to collect it.
func (o *Order) Waits() bool { return o.State == edge.OrderReady && o.Code != "" }

const pickUpSize = 720 // pixels

// pickUpQR draws the code that the shop scans when the order is collected.
func (p *Pages) pickUpQR(c *gin.Context) {
	v, err := p.visitOwned(c)
	var png []byte
	if err == nil {
		png, err = p.drawPass(c.Request.Context(), v.cart.ID)
	}
	if err != nil {
		p.refuse(c, err, openingProblem)
		return
	}
	privately(c.Writer.Header())
	c.Data(http.StatusOK, "image/png", png)
}

func (p *Pages) drawPass(ctx context.Context, cart edge.CartID) ([]byte, error) {
	o, err := p.HQ.OrderOfCart(ctx, cart)
	if err != nil {
		return nil, err
	}
	pass, err := p.HQ.PickUpPass(ctx, o)
	if err != nil {
		return nil, err
	}
	return handoff.QR(pass, pickUpSize)
}

func otherPieces(c *edge.Cart, o *edge.Order) bool {
	lines := make([]edge.SaleLine, len(o.Lines))
	for i := range o.Lines {
		lines[i] = edge.SaleLine{SKU: o.Lines[i].SKU, Quantity: o.Lines[i].Quantity}
	}
	return differs(c, lines)
}

// fulfilmentBody says how the shopper wants the goods, and to whom they go.
type fulfilmentBody struct {
	Way     edge.OrderWay `json:"way"`
	Contact *edge.Contact `json:"contact"`
	Consent bool          `json:"consent"` // to keep the contact
}

// fulfilmentForm is the same as a form has it.
type fulfilmentForm struct {
	Key      string        `form:"key"`
	Way      edge.OrderWay `form:"way"`
	Name     string        `form:"name"`
	Phone    string        `form:"phone"`
	Country  string        `form:"country"`
	Region   string        `form:"region"`
	Province string        `form:"province"` // Vietnam's region
	Locality string        `form:"locality"`
	Street   string        `form:"street"`
	Postcode string        `form:"postcode"`
	Former   string        `form:"former"`
	Consent  bool          `form:"consent"`
}

func (f *fulfilmentForm) body() fulfilmentBody {
	b := fulfilmentBody{Way: f.Way, Consent: f.Consent}
	if f.Way == edge.Deliver {
		b.Contact = &edge.Contact{Name: f.Name, Phone: f.Phone, Address: &edge.Address{
			Country: cmp.Or(f.Country, edge.Vietnam), Region: f.Region, Locality: f.Locality, Street: f.Street, Postcode: f.Postcode, Former: f.Former,
		}}
		if b.Contact.Address.Country == edge.Vietnam {
			b.Contact.Address.Region = cmp.Or(f.Province, f.Region)
		} else {
			b.Contact.Address.Former = ""
		}
	}
	return b
}

// readFulfilment reads the body, and the key by which an order is asked for
// again.
func readFulfilment(c *gin.Context) (body fulfilmentBody, key string, err error) {
	key = c.GetHeader("Idempotency-Key")
	if c.ContentType() == "application/json" {
		body, err = read[fulfilmentBody](c)
		return body, key, err
	}
	form, err := read[fulfilmentForm](c)
	return form.body(), cmp.Or(key, form.Key), err
}

// orderKey refuses what is no key of an order.
func orderKey(key string) error {
	if len(key) < 8 || len(key) > 64 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return edge.Errorf("cart.orderKey", edge.Invalid, "Idempotency-Key: want 8 to 64 printable characters")
	}
	return nil
}

func (p *Pages) setFulfilment(c *gin.Context) {
	p.act(c, func(ctx context.Context, v *visit) error {
		body, _, err := readFulfilment(c)
		if err != nil {
			return err
		}
		return p.fulfil(ctx, v, &body)
	})
}

// fulfil keeps how the shopper wants the goods.
func (p *Pages) fulfil(ctx context.Context, v *visit, body *fulfilmentBody) error {
	const op = "cart.fulfil"
	if err := p.bind(ctx, v, MayOwn); err != nil {
		return err
	}
	switch body.Way {
	case "", edge.Collect, edge.Deliver:
	default:
		return edge.Errorf(op, edge.Invalid, "way %.20q: want %s, %s or nothing", body.Way, edge.Collect, edge.Deliver)
	}
	if body.Contact != nil {
		body.Contact.Tidy()
		if err := body.Contact.Check(); err != nil {
			return err
		}
		if a := body.Contact.Address; a != nil && !slices.Contains(p.DeliverTo, a.Country) {
			return &edge.Error{Op: op, Kind: edge.Invalid, Msg: "nothing is delivered there", Err: &edge.ContactError{Field: "country"}}
		}
		if p.Places != nil {
			if err := p.Places.Check(body.Contact.Address); err != nil {
				return err
			}
		}
		if !body.Consent {
			return &edge.Error{Op: op, Kind: edge.Invalid, Msg: "a name is kept only with consent", Err: &edge.ContactError{Field: "consent"}}
		}
		if err := p.HQ.PutContact(ctx, v.cart.ID, v.key(), body.Contact, hq.Consent{Agreed: consentWording}); err != nil {
			return err
		}
	}
	if string(body.Way) == v.cart.Fields[edge.Fulfilment].Text {
		return nil
	}
	return p.change(ctx, v, func(cart *edge.Cart) error {
		return cart.SetField(v.writer(), p.Now(), edge.LineID{}, edge.Fulfilment, string(body.Way))
	})
}

// placeOrder orders what the cart holds, the way that the request or the cart
// says.
func (p *Pages) placeOrder(c *gin.Context) {
	p.act(c, func(ctx context.Context, v *visit) error {
		body, key, err := readFulfilment(c)
		if err != nil {
			return err
		}
		if err := p.bind(ctx, v, MayOwn); err != nil {
			return err
		}
		if err := orderKey(key); err != nil {
			return err
		}
		// What is asked for again changes nothing.
		if _, err := p.HQ.OrderByKey(ctx, v.cart.ID, key); edge.KindOf(err) != edge.NotFound {
			return err
		}
		if body.Way != "" {
			if err := p.fulfil(ctx, v, &body); err != nil {
				return err
			}
		}
		way := cmp.Or(body.Way, edge.OrderWay(v.cart.Fields[edge.Fulfilment].Text))
		_, err = p.HQ.PlaceOrder(ctx, hq.OrderRequest{Cart: v.cart.ID, Key: key, Way: way, Phone: v.key()})
		return err
	})
}

// wish brings the cart's order to a state that the shopper wants.
func (p *Pages) wish(to edge.OrderState) gin.HandlerFunc {
	return func(c *gin.Context) {
		p.act(c, func(ctx context.Context, v *visit) error {
			if err := p.bind(ctx, v, MayOwn); err != nil {
				return err
			}
			o, err := p.HQ.OrderOfCart(ctx, v.cart.ID)
			if err != nil {
				return err
			}
			_, err = p.HQ.MoveOrder(ctx, o.ID, edge.ByShopper, to, "")
			return err
		})
	}
}

// forget deletes to whom the goods go.
func (p *Pages) forget(c *gin.Context) {
	p.act(c, func(ctx context.Context, v *visit) error {
		if err := p.bind(ctx, v, MayOwn); err != nil {
			return err
		}
		return p.HQ.DeleteContact(ctx, v.cart.ID, v.key())
	})
}

// OrderKey is by which the page orders: the same until an order was placed, so
// that a form that is sent twice orders once.
func (v view) OrderKey() string {
	before := ""
	if v.Order != nil {
		before = v.Order.ID
	}
	sum := sha256.Sum256([]byte("mirrorcart order\x00" + v.ID.String() + "\x00" + before + "\x00" + v.secret))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
