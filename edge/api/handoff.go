package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// getApps lists what shoppers can take a cart along with.
func (s *Server) getApps(c *gin.Context) {
	c.JSON(http.StatusOK, struct {
		Apps []edge.App `json:"apps"`
		Pays bool       `json:"pays"` // a phone can pay, into the shop's account
	}{append([]edge.App{}, s.cfg.Handoff.Apps()...), s.cfg.Transfers != nil})
}

// postHandoff makes the link that opens the cart on the shopper's phone.
func (s *Server) postHandoff(c *gin.Context) {
	app, link, err := s.link(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, struct {
		*edge.Link
		QR string `json:"qr"`
	}{link, base + "/carts/" + c.Param("id") + "/qr.png?app=" + url.QueryEscape(string(app))})
}

// getQR draws a fresh link as a QR code, size pixels wide and high.
func (s *Server) getQR(c *gin.Context) {
	size, err := number(c, "size", 120, 1024, 420)
	if err != nil {
		s.Fail(c, err)
		return
	}
	_, link, err := s.link(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	png, err := s.cfg.Handoff.QR(link.URL, size)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Data(http.StatusOK, "image/png", png)
}

// link makes the link of the path's cart for the app that the query names, the
// phone's browser where it names none.
func (s *Server) link(c *gin.Context) (app edge.App, link *edge.Link, err error) {
	app = edge.App(c.DefaultQuery("app", string(edge.Web)))
	cart, err := s.cart(c)
	if err != nil {
		return app, nil, err
	}
	link, err = s.cfg.Handoff.Link(c.Request.Context(), cart, app)
	return app, link, err
}

// postRevoke makes every link to the cart that was handed out so far open it no
// more.
func (s *Server) postRevoke(c *gin.Context) {
	var in struct{}
	s.change(c, &in, func(cart *edge.Cart, _ edge.Writer) error { return cart.WithdrawLinks() }, func(context.Context) error { return nil })
}
