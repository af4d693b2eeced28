package main

import (
	"html/template"
	"io/fs"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/kiosk/ui"
)

// demoCarts is how many carts the newest is looked for among.
const demoCarts = 100

// addPage adds the page that explains the demo, cuts its line and opens the phone's
// page.
func (d *demo) addPage() error {
	page, err := template.ParseFS(demoFiles, "demo/index.html")
	if err != nil {
		return err
	}
	type font struct{ Weight, File string }
	var fonts []font // of the shop's own pages; none where they are not built
	for _, weight := range []string{"400", "600"} {
		files, err := fs.Glob(ui.Dist(), "assets/be-vietnam-pro-latin-"+weight+"-*.woff2")
		if err != nil {
			return err
		}
		for _, file := range files {
			fonts = append(fonts, font{weight, "/" + file})
		}
	}
	d.gateway.engine.GET("/demo", func(c *gin.Context) {
		nonce := uuid.NewString()
		c.Header("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		c.Header("Referrer-Policy", "same-origin") // without it the button's request names no origin, and is refused
		c.Header("Content-Type", "text/html; charset=utf-8")
		c.Header("Cache-Control", "no-store")
		c.Status(http.StatusOK)
		if err := page.Execute(c.Writer, gin.H{"Nonce": nonce, "Fonts": fonts, "PIN": demoPIN, "ClerkPIN": demoClerkPIN, "HQ": d.hqURL, "Cut": d.line.isCut()}); err != nil {
			d.gateway.log.Debug("demo page", "err", err)
		}
	})
	d.gateway.engine.GET("/demo/phone", d.getPhone)
	d.gateway.engine.POST("/demo/line", func(c *gin.Context) {
		d.line.setCut(c.PostForm("up") != "true")
		c.Redirect(http.StatusSeeOther, "/demo")
	})
	return nil
}

// getPhone leads to where the code of the newest cart leads, for who has no phone
// that reaches this machine.
func (d *demo) getPhone(c *gin.Context) {
	ctx := c.Request.Context()
	carts, err := d.gateway.db.OpenCarts(ctx, demoCarts)
	if err != nil {
		d.gateway.api.Fail(c, err)
		return
	}
	if len(carts) == 0 {
		c.String(http.StatusNotFound, "There is no cart yet: open the kiosk, and add something to the cart there.\n")
		return
	}
	newest := slices.MaxFunc(carts, func(a, b edge.OpenCart) int { return a.Made.Compare(b.Made) })
	link, err := d.gateway.links.Link(ctx, newest.Cart, edge.Web)
	if err != nil {
		d.gateway.api.Fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, link.URL)
}
