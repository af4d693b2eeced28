package cart

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Transfers is how a phone pays by bank transfer. All are needed but Apps.
type Transfers struct {
	HQ interface {
		RequestPhoneTransfer(ctx context.Context, a hq.PhoneAsk) (*edge.Transfer, error)
		PhoneTransfer(ctx context.Context, cart edge.CartID) (*edge.Transfer, error)
		GiveCart(ctx context.Context, id edge.CartID, to edge.Holder, until time.Time) (*edge.Cart, error)
	}
	Prefix  string        // of codes
	Life    time.Duration // of a request
	Bank    string        // its name
	BIN     string
	Account string // its number
	Name    string // whose it is
	Apps    []BankApp
	// Text is the code for an amount and a purpose, Picture draws it as a PNG.
	Text    func(total edge.Money, purpose string) (string, error)
	Picture func(text string, size int) ([]byte, error)
}

// BankApp is a bank's app that the phone may open; {bank}, {account}, {amount}
// and {code} in its address are filled in.
type BankApp struct{ Name, URL string }

// payView is what the templates of the page show.
type payView struct {
	Brand, Lang, Nonce, Token string
	Words                     payWords
	Total                     string // of the cart, or of what was asked for
	Amount                    int64
	Asked                     *edge.Transfer // nil before anything was
	Got                       string         // what came, where it is another amount
	May                       bool           // HQ may take the money now
	Paid                      bool
	To                        *Transfers
	Apps                      []shownApp
}

type shownApp struct {
	Name string
	URL  template.URL
}

// Open reports whether the code is still to be paid.
func (v *payView) Open() bool { return v.Asked != nil && v.Asked.State == edge.TransferAwaiting }

// Offers reports whether a new code may be asked for. While people look after
// another amount that arrived, it would be the same code again.
func (v *payView) Offers() bool {
	return v.May && (v.Asked == nil || v.Asked.State != edge.TransferMismatched)
}

// Says is how the money stands, in words.
func (v *payView) Says() string {
	switch {
	case v.Paid:
		return v.Words.Confirmed
	case v.Asked == nil:
		return ""
	case v.Asked.Due != "":
		return v.Words.Due
	case v.Asked.State == edge.TransferMismatched:
		return v.Words.Mismatched
	case v.Asked.State == edge.TransferExpired:
		return v.Words.Expired
	case v.Asked.State == edge.TransferConfirmed:
		return v.Words.Confirmed
	}
	return v.Words.Awaiting
}

// MayPay reports whether the page leads to paying on this phone.
func (v view) MayPay() bool {
	return v.pays && v.Phone.Owns() && v.Taker == HQTakes && v.Priced && len(v.Lines) > 0
}

// PayLink are the words of the link there.
func (v view) PayLink() string { return payWordsIn(v.Lang).Link }

// payPage shows how to pay, and how the money stands. The page's script asks
// for the part that changes.
func (p *Pages) payPage(c *gin.Context) {
	v, err := p.visitOwned(c)
	var shown *payView
	if err == nil {
		shown, err = p.payment(c.Request.Context(), v)
	}
	if err != nil {
		p.errorPage(c, langOf(c), err)
		return
	}
	name := "pay-page"
	if askerOf(c) == byScript {
		name = "pay-part"
	}
	shown.Nonce = nonce()
	var page bytes.Buffer
	if err := p.ofPay.ExecuteTemplate(&page, name, shown); err != nil {
		p.Log.Error("pay page", "template", name, "error", err)
		c.Status(http.StatusInternalServerError)
		return
	}
	h := c.Writer.Header()
	privately(h)
	h.Set("Vary", "Accept-Encoding, Accept-Language")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self' data:; style-src 'nonce-"+shown.Nonce+"'; script-src 'nonce-"+shown.Nonce+
		"'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		page = p.compressed(page.Bytes())
	}
	c.Data(http.StatusOK, "text/html; charset=utf-8", page.Bytes())
}

func (p *Pages) payment(ctx context.Context, v *visit) (*payView, error) {
	if p.Transfers == nil {
		return nil, errNoTransfers
	}
	content, err := p.content(ctx, v)
	if err != nil {
		return nil, err
	}
	money := func(amount int64) string { return edge.Money{Amount: amount, Currency: content.Currency}.In(v.lang) }
	shown := &payView{
		Brand: p.Brand, Lang: v.lang, Token: v.token, Words: payWordsIn(v.lang), Total: money(content.Total), Amount: content.Total,
		May: content.Taker == HQTakes && content.Priced && len(content.Lines) > 0, Paid: content.Paid != nil, To: p.Transfers,
	}
	asked, err := p.Transfers.HQ.PhoneTransfer(ctx, v.cart.ID)
	if edge.KindOf(err) == edge.NotFound {
		return shown, nil
	}
	if err != nil {
		return nil, err
	}
	shown.Asked, shown.Total = asked, money(asked.Total.Amount)
	fill := strings.NewReplacer(
		"{bank}", url.QueryEscape(p.Transfers.BIN), "{account}", url.QueryEscape(p.Transfers.Account),
		"{amount}", strconv.FormatInt(asked.Total.Amount, 10), "{code}", asked.Code)
	for _, a := range p.Transfers.Apps {
		shown.Apps = append(shown.Apps, shownApp{a.Name, template.URL(fill.Replace(a.URL))})
	}
	return shown, nil
}

// payForm is the total that was shown.
type payForm struct {
	Amount int64 `form:"amount" json:"amount"`
}

// askToPay asks for the cart's money. The same cart asked for again, while its
// code can be paid, has the same code.
func (p *Pages) askToPay(c *gin.Context) {
	p.onPay(c, "pay", func(ctx context.Context, v *visit) error {
		body, err := read[payForm](c)
		if err != nil {
			return err
		}
		return p.requestTransfer(ctx, v, body.Amount)
	})
}

// backToShop is how long the till may take the money once the phone gave it the
// cart.
const backToShop = 12 * time.Hour

// payAtTill gives the cart back to the shop. Money that comes by a code that was
// shown is due then, if the shop has sold the cart.
func (p *Pages) payAtTill(c *gin.Context) {
	p.onPay(c, "../pay", func(ctx context.Context, v *visit) error {
		if p.Transfers == nil {
			return errNoTransfers
		}
		_, err := p.Transfers.HQ.GiveCart(ctx, v.cart.ID, edge.HeldByShop, p.Now().Add(backToShop))
		return err
	})
}

var errNoTransfers = edge.Errorf("cart.pay", edge.NotFound, "carts are not paid on phones here")

// onPay does what the cart's owner asks for by a form, and goes back to the page.
func (p *Pages) onPay(c *gin.Context, page string, do func(ctx context.Context, v *visit) error) {
	privately(c.Writer.Header())
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	if fromElsewhere(c.Request.Header) {
		p.errorPage(c, langOf(c), edge.Errorf("cart.onPay", edge.Forbidden, "a form of another site"))
		return
	}
	v, err := p.visitOwned(c)
	if err != nil {
		p.errorPage(c, langOf(c), err)
		return
	}
	if err := do(c.Request.Context(), v); err != nil {
		p.problemPage(c, langOf(c), p.report(c, err), changeProblem)
		return
	}
	c.Header("Location", page+"?lang="+v.lang)
	c.Status(http.StatusSeeOther)
}

func (p *Pages) requestTransfer(ctx context.Context, v *visit, amount int64) error {
	if p.Transfers == nil {
		return errNoTransfers
	}
	// A new code a minute at most, however often the button is pressed.
	sum := sha256.Sum256([]byte(strconv.FormatInt(p.Now().Unix()/60, 10) + " " + strconv.FormatInt(amount, 10)))
	_, err := p.Transfers.HQ.RequestPhoneTransfer(ctx, hq.PhoneAsk{
		Cart: v.cart.ID, Amount: amount, Key: hex.EncodeToString(sum[:]), Prefix: p.Transfers.Prefix, Life: p.Transfers.Life, Text: p.Transfers.Text,
	})
	return err
}

// payQR draws the code, to be saved: a phone cannot scan its own screen.
func (p *Pages) payQR(c *gin.Context) {
	v, err := p.visitOwned(c)
	var shown *payView
	if err == nil {
		shown, err = p.payment(c.Request.Context(), v)
	}
	if err == nil && !shown.Open() {
		err = edge.Errorf("cart.payQR", edge.NotFound, "there is no code to be paid")
	}
	var png []byte
	if err == nil {
		png, err = p.Transfers.Picture(shown.Asked.Text, 720)
	}
	if err != nil {
		p.refuse(c, err, openingProblem)
		return
	}
	privately(c.Writer.Header())
	c.Data(http.StatusOK, "image/png", png)
}
