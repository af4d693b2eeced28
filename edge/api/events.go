package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	// heartbeat is the longest silence on an event stream.
	heartbeat = 15 * time.Second
	// writeLimit is how long one event may take to leave.
	writeLimit = 10 * time.Second
)

// getEvents streams changes as server-sent events: first how things stand,
// then every change.
func (s *Server) getEvents(c *gin.Context) {
	var only *edge.CartID
	if q := c.Query("cart"); q != "" {
		only = new(edge.CartID)
		if err := only.UnmarshalText([]byte(q)); err != nil {
			s.Fail(c, err)
			return
		}
		if _, err := s.cfg.Carts.Cart(c.Request.Context(), *only); err != nil {
			s.Fail(c, err)
			return
		}
	}
	l, err := s.live.listen(only)
	if err != nil {
		s.Fail(c, err)
		return
	}
	defer s.live.leave(l)
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no") // no proxy may hold events back
	c.Status(http.StatusOK)
	if err := s.stream(c, l); err != nil && c.Request.Context().Err() == nil {
		s.cfg.Log.DebugContext(c.Request.Context(), "event stream ended", "error", err)
	}
}

func (s *Server) stream(c *gin.Context, l *listener) error {
	var first []edge.CartID
	if l.only != nil {
		first = append(first, *l.only)
	}
	if err := s.sendAll(c, first, true); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var carts []edge.CartID
		status, lost := true, false
		select {
		case <-c.Request.Context().Done():
			return nil
		case <-beat.C:
		case <-l.wake:
			carts, status, lost = s.live.take(l)
		}
		if lost {
			return nil // the page connects again and starts afresh
		}
		if err := s.sendAll(c, carts, status); err != nil {
			return err
		}
	}
}

func (s *Server) sendAll(c *gin.Context, carts []edge.CartID, status bool) error {
	for _, id := range carts {
		v, err := s.view(c.Request.Context(), id)
		if err != nil {
			return err
		}
		if err := send(c, "cart", v); err != nil {
			return err
		}
	}
	if !status {
		return nil
	}
	v, err := s.status(c.Request.Context())
	if err != nil {
		return err
	}
	return send(c, "status", v)
}

func send(c *gin.Context, event string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctl := http.NewResponseController(c.Writer)
	if err := ctl.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.Writer, "event: %s\ndata: %s\n\n", event, body); err != nil {
		return err
	}
	return ctl.Flush()
}
