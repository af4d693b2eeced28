package cart

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

const heartbeat = 15 * time.Second

// How soon a stream looks again when anything at HQ has changed, which may be
// the cart's sale or its shop's line: rarely enough that many phones in a busy
// hour ask little.
const lookAgain = time.Second

// events streams the cart's content: now, and whenever it changed. A page that
// was fetched ahead opens it when it is shown at last. The page takes HTML; with
// as=json the content comes as cart.json has it.
func (p *Pages) events(c *gin.Context) {
	v, err := p.visit(c, !fetchedAhead(c.Request.Header))
	if err != nil {
		p.refuse(c, err, openingProblem)
		return
	}
	leave, ok := p.streams.enter(v.cart.ID)
	if !ok {
		p.refuse(c, edge.Errorf("cart.events", edge.TooMany, "%d pages of this cart are open", streamsPerCart), openingProblem)
		return
	}
	defer leave()
	privately(c.Writer.Header())
	c.Writer.Header().Set("Content-Type", "text/event-stream")
	c.Writer.Header().Set("X-Accel-Buffering", "no")
	s := stream{pages: p, c: c, visit: v, json: c.Query("as") == "json"}
	if err := s.run(c.Request.Context()); err != nil {
		p.report(c, err)
	}
}

// stream is a phone that listens.
type stream struct {
	pages *Pages
	c     *gin.Context
	visit *visit
	json  bool
	sent  []byte // last
}

// run sends until the phone goes away. The cart's own news go at once; what
// else changes the page is looked for a little after any news, and with every
// heartbeat, since a line that falls silent makes none.
func (s *stream) run(ctx context.Context) error {
	changed, cancel := s.pages.HQ.WatchCart(s.visit.cart.ID)
	defer cancel()
	news, cancelNews := s.pages.HQ.Watch()
	defer cancelNews()
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	var soon <-chan time.Time
	err := s.sendCart(ctx, true)
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			err = s.sendCart(ctx, true)
		case <-news:
			if soon == nil {
				soon = time.After(lookAgain)
			}
		case <-soon:
			soon = nil
			err = s.sendCart(ctx, false)
		case <-tick.C:
			if err = s.send(":\n\n"); err == nil {
				err = s.sendCart(ctx, false)
			}
		}
	}
	return err
}

// sendCart sends the cart; what the phone has already only when always is set:
// after a change the phone may show something else meanwhile.
func (s *stream) sendCart(ctx context.Context, always bool) error {
	if err := s.pages.again(ctx, s.visit); err != nil {
		return err
	}
	data, err := s.data(ctx)
	if err != nil || !always && bytes.Equal(data, s.sent) {
		return err
	}
	s.sent = data
	return s.send("event: cart\ndata: " + strings.ReplaceAll(string(data), "\n", "\ndata: ") + "\n\n")
}

func (s *stream) data(ctx context.Context) ([]byte, error) {
	if !s.json {
		return s.pages.fragment(ctx, s.visit)
	}
	content, err := s.pages.content(ctx, s.visit)
	if err != nil {
		return nil, err
	}
	return json.Marshal(content)
}

// send writes to the stream. The phone going away is no error worth a line in
// the log.
func (s *stream) send(text string) error {
	if send(s.c, text) != nil {
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
