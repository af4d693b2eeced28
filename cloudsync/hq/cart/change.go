package cart

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

const (
	maxBody      = 1 << 10
	writerCookie = "mc_w"
	cookieLife   = 7 * 24 * time.Hour
)

// setQuantity answers the page's script with the cart's new content, and a
// plain form with the page.
func (p *Pages) setQuantity(c *gin.Context) {
	lang, token := langOf(c), c.Param("token")
	script := c.ContentType() == "application/json"
	fail := func(err error, says wording) {
		if script {
			p.problemJSON(c, lang, p.report(c, err), says)
			return
		}
		p.problemPage(c, lang, p.report(c, err), says)
	}
	privately(c.Writer.Header())
	line, quantity, err := request(c, script)
	if err != nil {
		fail(err, changeProblem)
		return
	}
	cart, node, err := p.open(c.Request.Context(), token, false)
	if err != nil {
		fail(err, openingProblem)
		return
	}
	if err := p.unsold(c.Request.Context(), cart.ID); err != nil {
		fail(err, changeProblem)
		return
	}
	w := p.writer(c)
	cart, err = p.HQ.ChangeCart(c.Request.Context(), cart.ID, w, func(cart *edge.Cart) error {
		return cart.SetQuantity(w, line, quantity)
	})
	if err != nil {
		fail(err, changeProblem)
		return
	}
	if !script {
		c.Header("Location", "../../"+token+"?lang="+lang) // relative, so that it holds below any public address
		c.Status(http.StatusSeeOther)
		return
	}
	fragment, err := p.fragment(c.Request.Context(), cart, node, token, lang)
	if err != nil {
		fail(err, changeProblem)
		return
	}
	c.Data(http.StatusOK, "text/html; charset=utf-8", fragment)
}

// unsold refuses a cart whose sale is known here: the news that the cart is
// closed may still be on its way.
func (p *Pages) unsold(ctx context.Context, id edge.CartID) error {
	sale, err := p.saleOf(ctx, id)
	if err != nil || sale == nil {
		return err
	}
	return edge.Errorf("cart.unsold", edge.Conflict, "the cart was sold with receipt %s", sale.Receipt)
}

func (p *Pages) problemJSON(c *gin.Context, lang string, kind edge.Kind, says wording) {
	problem := says(lang, kind)
	c.JSON(api.Status(kind), gin.H{"error": gin.H{"kind": kind, "message": problem.Title + " " + problem.Text}})
}

// request reads which line shall have how many pieces.
func request(c *gin.Context, script bool) (line edge.LineID, quantity int, err error) {
	const op = "cart.request"
	// Browsers that say so keep other sites from sending forms here.
	if c.GetHeader("Sec-Fetch-Site") == "cross-site" {
		return line, 0, edge.Errorf(op, edge.Forbidden, "a form of another site")
	}
	if err := line.UnmarshalText([]byte(c.Param("line"))); err != nil {
		return line, 0, err
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	if script {
		quantity, err = quantityOfJSON(c.Request.Body)
	} else if err = c.Request.ParseForm(); err == nil {
		quantity, err = strconv.Atoi(c.Request.PostForm.Get("quantity"))
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return line, 0, edge.Errorf(op, edge.TooLarge, "more than %d bytes", maxBody)
	}
	if err != nil {
		return line, 0, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "quantity: want a number", Err: err}
	}
	return line, quantity, nil
}

func quantityOfJSON(r io.Reader) (int, error) {
	var body struct {
		Quantity *int `json:"quantity"`
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&body); err != nil {
		return 0, err
	}
	if body.Quantity == nil || d.More() {
		return 0, errors.New("want quantity alone")
	}
	return *body.Quantity, nil
}

// writer is the phone's name in this cart. It is drawn with the first change
// and kept in a cookie that goes nowhere but to this cart's address.
func (p *Pages) writer(c *gin.Context) edge.Writer {
	if have, err := c.Cookie(writerCookie); err == nil {
		if w := edge.Writer(have); w.Valid() && strings.HasPrefix(have, "p") && len(have) == 16 {
			return w
		}
	}
	w := "p" + strings.ToLower(rand.Text()[:15])
	at := strings.Index(c.Request.URL.Path, "/lines/")
	http.SetCookie(c.Writer, &http.Cookie{
		Name: writerCookie, Value: w, Path: c.Request.URL.Path[:at], MaxAge: int(cookieLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https",
	})
	return edge.Writer(w)
}
