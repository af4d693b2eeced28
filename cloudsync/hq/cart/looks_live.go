package cart

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// looksEvents streams the content of the page of looks whenever it changed.
func (p *Pages) looksEvents(c *gin.Context) {
	v, err := p.visitOwned(c)
	if err != nil {
		p.refuse(c, err, openingProblem)
		return
	}
	leave, ok := p.streams.enter(v.cart.ID)
	if !ok {
		p.refuse(c, edge.Errorf("cart.looksEvents", edge.TooMany, "%d pages of this cart are open", streamsPerCart), openingProblem)
		return
	}
	defer leave()
	privately(c.Writer.Header())
	c.Writer.Header().Set("Content-Type", "text/event-stream")
	c.Writer.Header().Set("X-Accel-Buffering", "no")
	if err := p.followLooks(c, v); err != nil && !errors.Is(err, context.Canceled) {
		p.report(c, err)
	}
}

func (p *Pages) followLooks(c *gin.Context, v *visit) error {
	ctx := c.Request.Context()
	changed, cancel := p.HQ.WatchCart(v.cart.ID)
	defer cancel()
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	var sent []byte
	for {
		part, err := p.looksPart(ctx, v)
		if err != nil {
			return err
		}
		text := ":\n\n"
		if !bytes.Equal(part, sent) {
			sent = part
			text = "event: looks\ndata: " + strings.ReplaceAll(string(part), "\n", "\ndata: ") + "\n\n"
		}
		if send(c, text) != nil {
			return nil // the phone has gone
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-tick.C:
		}
	}
}

// looksPart is the part of the page that changes, for as long as the phone owns
// the cart.
func (p *Pages) looksPart(ctx context.Context, v *visit) ([]byte, error) {
	if err := p.again(ctx, v); err != nil {
		return nil, err
	}
	if !v.stands().Owns() {
		return nil, context.Canceled
	}
	shown, err := p.looks(ctx, v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = p.ofLooks.ExecuteTemplate(&b, "looks", shown)
	return bytes.TrimSpace(b.Bytes()), err
}
