package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

const heartbeat = 15 * time.Second

// events streams sales (event "sale", its cursor as the id) and the state of
// the shops (event "shops": at once, on every change and every 15 seconds).
// With after, or the Last-Event-ID that browsers send when they come back, it
// begins behind that sale, else with the next one.
func (p *Pages) events(c *gin.Context) {
	select {
	case p.streams <- struct{}{}:
		defer func() { <-p.streams }()
	default:
		p.fail(c, edge.Errorf("web.events", edge.TooMany, "%d streams are open, no more are served: close some", maxStreams))
		return
	}
	ctx := c.Request.Context()
	changed, cancel := p.HQ.Watch() // before the first look, so that nothing slips through between
	defer cancel()
	after, err := p.begin(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		if after, err = p.sendNews(c, after); err != nil {
			if ctx.Err() == nil && !errors.Is(err, errGone) {
				p.Log.Error("HQ stream", "error", err)
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-tick.C:
		}
	}
}

// begin is the cursor behind which a stream begins.
func (p *Pages) begin(c *gin.Context) (int64, error) {
	if last := c.GetHeader("Last-Event-ID"); last != "" {
		if n, err := strconv.ParseInt(last, 10, 64); err == nil && n >= 0 {
			return n, nil
		}
	}
	after, err := number(c, "after", -1, 0, 1<<62)
	if err != nil || after >= 0 {
		return after, err
	}
	newest, err := p.HQ.LatestSales(c.Request.Context(), 1)
	if err != nil || len(newest) == 0 {
		return 0, err
	}
	return newest[0].Cursor, nil
}

func (p *Pages) sendNews(c *gin.Context, after int64) (int64, error) {
	ctx := c.Request.Context()
	for {
		sales, err := p.HQ.Sales(ctx, after, defaultLimit)
		if err != nil {
			return after, err
		}
		for _, s := range sales {
			if err := send(c, "sale", s.Cursor, s); err != nil {
				return after, err
			}
			after = s.Cursor
		}
		if len(sales) < defaultLimit {
			break
		}
	}
	shops, err := p.shopList(ctx)
	if err != nil {
		return after, err
	}
	return after, send(c, "shops", after, shops)
}

// errGone says that nobody reads the stream any more.
var errGone = errors.New("the reader has gone")

// send writes an event, for ten seconds at most, so that a reader who stopped
// reading holds nothing.
func send(c *gin.Context, event string, id int64, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("web.send: %w", err)
	}
	rc := http.NewResponseController(c.Writer)
	if err := rc.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errGone
	}
	if _, err := io.WriteString(c.Writer, fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", id, event, b)); err != nil {
		return errGone
	}
	if rc.Flush() != nil {
		return errGone
	}
	return nil
}
