package cart

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

const heartbeat = 15 * time.Second

// events streams the cart's content: now, and whenever it changed. A page that
// was fetched ahead opens it when it is shown at last.
func (p *Pages) events(c *gin.Context) {
	lang, token, ctx := langOf(c), c.Param("token"), c.Request.Context()
	cart, err := p.open(ctx, token, !fetchedAhead(c.Request.Header))
	if err != nil {
		p.problemJSON(c, lang, p.report(c, err), openingProblem)
		return
	}
	leave, ok := p.streams.enter(cart.ID)
	if !ok {
		p.problemJSON(c, lang, edge.TooMany, openingProblem)
		return
	}
	defer leave()
	changed, cancel := p.HQ.WatchCart(cart.ID)
	defer cancel()
	privately(c.Writer.Header())
	c.Writer.Header().Set("Content-Type", "text/event-stream")
	c.Writer.Header().Set("X-Accel-Buffering", "no")
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		err := p.sendCart(c, cart.ID, token, lang)
		if err != nil {
			p.report(c, err)
			return
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case <-changed:
				waiting = false
			case <-tick.C:
				if send(c, ":\n\n") != nil {
					return
				}
			}
		}
	}
}

func (p *Pages) sendCart(c *gin.Context, id edge.CartID, token, lang string) error {
	cart, _, err := p.HQ.Cart(c.Request.Context(), id)
	if err != nil {
		return err
	}
	fragment, err := p.fragment(c.Request.Context(), cart, token, lang)
	if err != nil {
		return err
	}
	// The phone going away is no error worth a line in the log.
	if send(c, "event: cart\ndata: "+strings.ReplaceAll(string(fragment), "\n", "\ndata: ")+"\n\n") != nil {
		return context.Canceled
	}
	return nil
}

// send writes to a stream, for ten seconds at most, so that a phone that went
// away holds nothing.
func send(c *gin.Context, s string) error {
	rc := http.NewResponseController(c.Writer)
	if err := rc.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := io.WriteString(c.Writer, s); err != nil {
		return err
	}
	return rc.Flush()
}
