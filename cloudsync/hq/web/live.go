package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	heartbeat = 15 * time.Second       // of a stream on which nothing happens
	pullsEach = 400 * time.Millisecond // between two looks at how a shop's pulls stand
)

// events tells a page that it should look again: at once, when something has
// changed, and every 15 seconds, for ages grow. With a shop it also tells when
// one of its pulls moves.
func (p *Pages) events(c *gin.Context) {
	select {
	case p.streams <- struct{}{}:
		defer func() { <-p.streams }()
	default:
		p.fail(c, edge.Errorf("web.events", edge.TooMany, "%d streams are open, no more are served: close some", maxStreams))
		return
	}
	ctx, shop := c.Request.Context(), c.Query("shop")
	changed, cancel := p.HQ.Watch() // before the first look, so that nothing slips through between
	defer cancel()
	var moves <-chan time.Time
	var pulls []hq.Pull
	if shop != "" {
		look := time.NewTicker(pullsEach)
		defer look.Stop()
		moves = look.C
		var err error
		if pulls, err = p.HQ.Pulls(ctx, shop, pullsOnPage); err != nil {
			p.fail(c, err)
			return
		}
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	tick := time.NewTicker(p.heartbeat)
	defer tick.Stop()
	for {
		if err := send(c, "changed"); err != nil {
			return
		}
		var err error
		if pulls, err = p.await(ctx, shop, pulls, changed, tick.C, moves); err != nil {
			if ctx.Err() == nil {
				p.Log.Error("HQ stream", "error", err)
			}
			return
		}
	}
}

// await returns when there is something to tell.
func (p *Pages) await(ctx context.Context, shop string, before []hq.Pull, changed <-chan struct{}, tick, moves <-chan time.Time) ([]hq.Pull, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
			return before, nil
		case <-tick:
			return before, nil
		case <-moves:
			pulls, err := p.HQ.Pulls(ctx, shop, pullsOnPage)
			if err != nil || !reflect.DeepEqual(pulls, before) {
				return pulls, err
			}
		}
	}
}

// errGone says that nobody reads the stream any more.
var errGone = errors.New("the reader has gone")

// send writes an event, for ten seconds at most, so that a reader who stopped
// reading holds nothing.
func send(c *gin.Context, event string) error {
	rc := http.NewResponseController(c.Writer)
	if err := rc.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errGone
	}
	if _, err := io.WriteString(c.Writer, fmt.Sprintf("event: %s\ndata:\n\n", event)); err != nil {
		return errGone
	}
	if rc.Flush() != nil {
		return errGone
	}
	return nil
}
