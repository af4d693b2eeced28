package kiosk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// tablets knows whose cameras are taken. What a shop's people can mend is an
// edge.Error.
type tablets interface {
	Enrol(code string, secure bool) (*http.Cookie, error)
	Enrolled(r *http.Request) (bool, error)
}

// RegisterTablet lets enrolled tablets be the mirror's camera: pictures takes
// their WebSocket and must end with its request's context. They are taken over
// TLS or from this machine itself, and only while a shopper's consent lasts.
func (k *Kiosk) RegisterTablet(e *gin.Engine, pictures http.Handler, t tablets) {
	k.tablet = true
	g := e.Group("/kiosk/v1/camera", k.requireScreen, k.requireTLS)
	g.POST("/enrol", func(c *gin.Context) { k.postEnrol(c, t) })
	g.GET("", func(c *gin.Context) {
		known, err := t.Enrolled(c.Request)
		if err == nil && !known {
			err = edge.Errorf("kiosk.camera", edge.Unauthorized, "this tablet is not enrolled: make a code with `edge tablet` on the gateway and open the address that it prints")
		}
		if err != nil {
			k.cfg.Fail(c, err)
			return
		}
		k.live(pictures)(c)
	})
}

// requireTLS keeps shoppers' pictures off the network's open air.
func (k *Kiosk) requireTLS(c *gin.Context) {
	if c.Request.TLS == nil && !loopback(c.Request.RemoteAddr) {
		k.cfg.Refuse(c, api.RefusedClear, edge.Errorf("kiosk.camera", edge.Forbidden, "a tablet's pictures are taken over TLS only: open the gateway's https address, http.tls_addr in its configuration"))
	}
}

func (k *Kiosk) postEnrol(c *gin.Context, t tablets) {
	var in struct {
		Code string `json:"code"`
	}
	if err := api.Bind(c, &in); err != nil {
		k.cfg.Fail(c, err)
		return
	}
	cookie, err := t.Enrol(in.Code, c.Request.TLS != nil)
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	http.SetCookie(c.Writer, cookie)
	c.Status(http.StatusNoContent)
}
