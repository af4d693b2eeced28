package cart

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
)

// codeLife is how long after its last change a cart opens by its code, and for
// how long what that gives opens.
const codeLife = 72 * time.Hour

// Open opens the cart of a token, signed or short, as the page does for a phone
// that shows it. links is what the token has for edge.Cart.Admits.
func (p *Pages) Open(ctx context.Context, token string) (cart *edge.Cart, node string, links uint32, err error) {
	v := &visit{token: token}
	err = p.open(ctx, v, true)
	return v.cart, v.node, v.links, err
}

// OpenCode opens the cart of a code that was typed, and makes a token that opens
// it on the phone. It is asked for ten codes a second at most, whoever asks, so
// that none is guessed.
func (p *Pages) OpenCode(ctx context.Context, code string) (cart *edge.Cart, node, token string, err error) {
	now := p.Now()
	if !p.limit.allow(edge.CartID{}, now) { // no cart's own
		return nil, "", "", edge.Errorf("cart.OpenCode", edge.TooMany, "too many codes are typed at once: wait a few seconds")
	}
	if cart, node, err = p.HQ.CartByCode(ctx, code, now.Add(-codeLife)); err != nil {
		return nil, "", "", err
	}
	key, err := p.HQ.NodeKey(ctx, node)
	if err != nil {
		return nil, "", "", err
	}
	secret, err := handoff.Share(p.Key, key)
	if err != nil {
		return nil, "", "", err
	}
	token, err = handoff.EncodeShort(secret, handoff.Short{
		KeyID: handoff.KeyIDOf(key), Cart: cart.ID, Links: cart.Links, Expires: now.Add(codeLife),
	})
	return cart, node, token, err
}

// typed is the page for who cannot scan: it takes the code that stands on the
// kiosk's screen.
func (p *Pages) typed(c *gin.Context) {
	lang := langOf(c)
	ask := func(status int, says problem) {
		p.render(c, status, "type", view{Brand: p.Brand, Lang: lang, Words: wordsIn(lang), Problem: says})
	}
	text, sent := c.GetQuery("code")
	if !sent {
		ask(http.StatusOK, typeCode(lang, false))
		return
	}
	code, ok := edge.ParseCode(text)
	if !ok {
		ask(http.StatusNotFound, typeCode(lang, true))
		return
	}
	if !p.mayType(c.ClientIP()) {
		p.errorPage(c, lang, edge.Errorf("cart.typed", edge.TooMany, "an address types codes too fast: wait a few seconds"))
		return
	}
	_, _, token, err := p.OpenCode(c.Request.Context(), code)
	switch {
	case edge.KindOf(err) == edge.NotFound:
		ask(http.StatusNotFound, typeCode(lang, true))
	case err != nil:
		p.errorPage(c, lang, err)
	default:
		p.forward(c, "s/"+token+"?lang="+lang)
	}
}

// mayType reports whether an address may try another code. This machine's own is a
// proxy's whose word on who asks is not taken, and so everybody's.
func (p *Pages) mayType(ip string) bool {
	at, err := netip.ParseAddr(ip)
	return err == nil && at.Unmap().IsLoopback() || p.typing.Allow(api.ClientOf(ip))
}

func typeCode(lang string, wrong bool) problem {
	says := map[string]problem{
		"vi": {"Mở giỏ hàng", "Nhập mã trên màn hình của cửa hàng, dưới mã QR."},
		"en": {"Open your cart", "Type the code on the screen in the shop, beside the QR code."},
		"zh": {"打开购物车", "请输入门店屏幕上二维码旁的代码。"},
	}
	if wrong {
		says = map[string]problem{
			"vi": {"Mở giỏ hàng", "Chưa có giỏ hàng nào với mã này. Xem lại từng chữ; nếu cửa hàng đang mất mạng, hãy quét mã QR."},
			"en": {"Open your cart", "There is no cart with this code yet. Check each letter; while the shop is offline, scan the QR code instead."},
			"zh": {"打开购物车", "还没有此代码对应的购物车。请逐字核对；如门店暂时断网，请扫描二维码。"},
		}
	}
	return says[lang]
}

// fromLINE is where a LIFF app begins: LINE hands the rest of the link over in
// liff.state (https://developers.line.biz/en/docs/liff/opening-liff-app/).
func (p *Pages) fromLINE(c *gin.Context) {
	named := regexp.MustCompile(`^/?\?(?:.*&)?c=([A-Za-z0-9_-]+)`).FindStringSubmatch(c.DefaultQuery("liff.state", "?c="+c.Query("c")))
	if named == nil {
		p.problemPage(c, langOf(c), edge.Invalid, openingProblem)
		return
	}
	p.forward(c, "c/"+named[1])
}

// toViber leads to Viber's own scheme, which not every camera opens.
func (p *Pages) toViber(c *gin.Context) {
	name, token := c.Query("chatURI"), c.Query("context")
	if part := regexp.MustCompile(`^[A-Za-z0-9_-]+$`); !part.MatchString(name) || !part.MatchString(token) {
		p.problemPage(c, langOf(c), edge.Invalid, openingProblem)
		return
	}
	p.forward(c, "viber://pa?"+url.Values{"chatURI": {name}, "context": {token}}.Encode())
}

// forward sends the browser on: relative, so that it holds below any public
// address.
func (p *Pages) forward(c *gin.Context, to string) {
	privately(c.Writer.Header())
	c.Header("Location", to)
	c.Status(http.StatusSeeOther)
}
