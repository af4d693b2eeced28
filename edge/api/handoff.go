package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// postHandoff makes the link that opens the cart on the shopper's phone.
func (s *Server) postHandoff(c *gin.Context) {
	cart, err := s.cart(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	url, expires, err := s.cfg.Handoff.Link(c.Request.Context(), cart)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, struct {
		URL     string    `json:"url"`
		Expires time.Time `json:"expires"`
		QR      string    `json:"qr"`
	}{url, expires, base + "/carts/" + cart.ID.String() + "/qr.png"})
}

// getQR draws a fresh link as a QR code, size pixels wide and high.
func (s *Server) getQR(c *gin.Context) {
	size, err := number(c, "size", 120, 1024, 420)
	if err != nil {
		s.Fail(c, err)
		return
	}
	cart, err := s.cart(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	url, _, err := s.cfg.Handoff.Link(c.Request.Context(), cart)
	if err != nil {
		s.Fail(c, err)
		return
	}
	png, err := s.cfg.Handoff.QR(url, size)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Data(http.StatusOK, "image/png", png)
}
