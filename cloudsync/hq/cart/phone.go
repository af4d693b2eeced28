package cart

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// A phone is known by a secret of its own: a browser keeps it in a cookie, a
// mini program draws it and sends it as a header. HQ keeps no more than a hash
// that differs from cart to cart.
const (
	// PhoneHeader holds a mini program's secret: 22 to 64 of A-Z, a-z, 0-9, _ and -.
	PhoneHeader = "X-Mirrorcart-Phone"
	phoneCookie = "mc_p"
	phoneLife   = 7 * 24 * time.Hour

	minPhoneSecret, maxPhoneSecret = 22, 64
)

// phone is who asks.
type phone struct {
	secret string
	known  bool // it came with the request, and was not drawn for it
}

// phoneOf tells who asks. A browser that is new is given a secret.
func phoneOf(c *gin.Context) (phone, error) {
	if secret := c.GetHeader(PhoneHeader); secret != "" {
		if !phoneSecret(secret) {
			return phone{}, edge.Errorf("cart.phoneOf", edge.Invalid, "%s: want %d to %d of A-Z, a-z, 0-9, _ and -", PhoneHeader, minPhoneSecret, maxPhoneSecret)
		}
		return phone{secret, true}, nil
	}
	if have, err := c.Cookie(phoneCookie); err == nil && phoneSecret(have) {
		return phone{have, true}, nil
	}
	secret := rand.Text()
	keepPhone(c, secret, "/")
	return phone{secret: secret}, nil
}

// keepPhone lets a browser keep a secret for what is below path; without one,
// for what is beside the request's address.
func keepPhone(c *gin.Context, secret, path string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: phoneCookie, Value: secret, Path: path, MaxAge: int(phoneLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https",
	})
}

// lend makes a browser the same phone as the mini program that opened it, for
// this cart alone: the page's script sends the program's secret, which came in
// the address's fragment. A program that may not change the cart lends nothing.
func (p *Pages) lend(c *gin.Context) {
	privately(c.Writer.Header())
	v, err := p.visit(c, false)
	if err == nil && (c.GetHeader(PhoneHeader) == "" || v.phones.Role == "" || !v.stands().Changes()) {
		err = edge.Errorf("cart.lend", edge.Forbidden, "the phone has no part in this cart")
	}
	if err != nil {
		p.refuse(c, err, changeProblem)
		return
	}
	keepPhone(c, v.phone.secret, "")
	c.Status(http.StatusNoContent)
}

func phoneSecret(s string) bool {
	return len(s) >= minPhoneSecret && len(s) <= maxPhoneSecret && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
}

// writer is the phone's name in this cart.
func (v *visit) writer() edge.Writer {
	sum := sha256.Sum256([]byte("mirrorcart phone writer\x00" + v.cart.ID.String() + "\x00" + v.phone.secret))
	return edge.Writer("p" + strings.ToLower(base32.HexEncoding.EncodeToString(sum[:]))[:15])
}

// Phone tells a phone what it may do with the cart.
type Phone struct {
	May    May          `json:"may"`
	Asked  hq.PhoneRole `json:"asked,omitempty"`  // asking or refused, where it asked to be let in
	Code   string       `json:"code,omitempty"`   // by which the owner knows it then
	Asking []string     `json:"asking,omitempty"` // codes of phones that ask; the owner answers
}

// May is what a phone may do.
type May string

// What phones may do.
const (
	MayOwn    May = "own"    // everything: it was first
	MayChange May = "change" // the lines: it was let in
	MayLook   May = "look"
)

// stands says what the phone may do. Where nobody owns the cart yet, whoever
// acts first does.
func (v *visit) stands() Phone {
	switch v.phones.Role {
	case hq.PhoneOwner:
		return Phone{May: MayOwn, Asking: v.phones.Asking}
	case hq.PhoneGuest:
		return Phone{May: MayChange}
	case hq.PhoneAsking, hq.PhoneRefused:
		return Phone{May: MayLook, Asked: v.phones.Role, Code: v.phones.Code}
	}
	if v.phones.Owned {
		return Phone{May: MayLook}
	}
	return Phone{May: MayOwn}
}

// Owns reports whether the phone may do everything.
func (p Phone) Owns() bool { return p.May == MayOwn }

// Changes reports whether the phone may change the lines.
func (p Phone) Changes() bool { return p.May != MayLook }

// bind makes the phone that acts the cart's owner if it has none, and refuses
// what it may not do.
func (p *Pages) bind(ctx context.Context, v *visit, want May) (err error) {
	v.phones, err = p.HQ.BindPhone(ctx, v.cart.ID, v.cart.Links, v.key())
	if err != nil {
		return err
	}
	if may := v.stands().May; may == MayLook || want == MayOwn && may != MayOwn {
		return edge.Errorf("cart.bind", edge.Forbidden, "the cart is open on another phone: ask that one")
	}
	return nil
}

// askIn asks the owner to let this phone in.
func (p *Pages) askIn(c *gin.Context) {
	p.act(c, func(ctx context.Context, v *visit) (err error) {
		v.phones, err = p.HQ.AskOwner(ctx, v.cart.ID, v.cart.Links, v.key())
		return err
	})
}

// answerBody is the owner's answer to a phone that asks.
type answerBody struct {
	In *bool `json:"in" form:"in"`
}

// letIn answers a phone that asks.
func (p *Pages) letIn(c *gin.Context) {
	p.act(c, func(ctx context.Context, v *visit) error {
		body, err := read[answerBody](c)
		if err != nil {
			return err
		}
		if body.In == nil {
			return edge.Errorf("cart.letIn", edge.Invalid, "say whether to let it in: {\"in\": true} or false")
		}
		return p.HQ.AnswerPhone(ctx, v.cart.ID, v.cart.Links, v.key(), c.Param("code"), *body.In)
	})
}
