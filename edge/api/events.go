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

// getEvents streams the status and, where one is named, a cart: to name a cart
// is the right to see it, and nobody hears of those they cannot name.
func (s *Server) getEvents(c *gin.Context) {
	q := c.Query("cart")
	if q == "" {
		s.stream(c, func(edge.CartID) bool { return false }, always)
		return
	}
	var id edge.CartID
	if err := id.UnmarshalText([]byte(q)); err != nil {
		s.Fail(c, err)
		return
	}
	if _, err := s.cfg.Carts.Cart(c.Request.Context(), id); err != nil {
		s.Fail(c, err)
		return
	}
	s.stream(c, func(changed edge.CartID) bool { return changed == id }, always, id)
}

func always() bool { return true }

// getStaffEvents streams the status and every cart that changes, for as long
// as the member of staff is signed in.
func (s *Server) getStaffEvents(c *gin.Context) {
	token, _ := c.Cookie(staffCookie) // requireStaff has seen it
	may := func() bool {
		s.signOffGone(c.Request.Context())
		return s.staff.signedIn(token)
	}
	s.stream(c, func(edge.CartID) bool { return true }, may)
}

// stream sends server-sent events: first the given carts and the status as
// they stand, then every change of the status and of the carts that hears
// wants. It ends when may says that the listener may hear no more.
func (s *Server) stream(c *gin.Context, hears func(edge.CartID) bool, may func() bool, first ...edge.CartID) {
	l, err := s.live.listen(hears)
	if err != nil {
		s.Fail(c, err)
		return
	}
	defer s.live.leave(l)
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no") // no proxy may hold events back
	c.Status(http.StatusOK)
	err = s.sendAll(c, first, true)
	if err == nil {
		err = s.follow(c, l, may)
	}
	if err != nil && c.Request.Context().Err() == nil {
		s.cfg.Log.DebugContext(c.Request.Context(), "event stream ended", "error", err)
	}
}

// follow sends what l hears of.
func (s *Server) follow(c *gin.Context, l *listener, may func() bool) error {
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
		if lost || !may() {
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
