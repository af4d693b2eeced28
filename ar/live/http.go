package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// sendTimeout is how long a viewer may take for one picture before it is cut
// off. It may come back.
const sendTimeout = 5 * time.Second

// maxAhead is how many pictures a WebSocket client that answers may have before
// it that it has not answered.
const maxAhead = 2

// WebSocket serves the pictures as binary messages, one picture each. Pages of
// other origins are refused but for Config.Origins.
//
// A client may answer each picture it has shown with a message of its own, of
// any content. From the first answer on it is sent no third picture while two
// are unanswered, so that none grows old in the network's buffers.
func (h *Hub) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := h.admit(w)
		if !ok {
			return
		}
		defer v.Close()
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			OriginPatterns:  h.cfg.Origins,
			CompressionMode: websocket.CompressionDisabled, // JPEG does not shrink
		})
		if err != nil { // Accept has answered
			h.cfg.Log.Debug("mirror viewer refused", "err", err)
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(64)
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		answers := make(chan struct{}, maxAhead)
		go func() {
			defer cancel()
			for {
				if _, _, err := c.Read(ctx); err != nil {
					return
				}
				select {
				case answers <- struct{}{}:
				case <-ctx.Done():
					return
				}
			}
		}()
		ahead := pacer{answers: answers}
		err = stream(ctx, v, ahead.wait, func(ctx context.Context, picture []byte) error {
			return c.Write(ctx, websocket.MessageBinary, picture)
		})
		if errors.Is(err, ErrClosed) {
			c.Close(websocket.StatusGoingAway, err.Error())
		}
		h.cfg.Log.Debug("mirror viewer left", "err", err)
	})
}

// pacer holds pictures back while a client that answers is behind.
type pacer struct {
	answers   <-chan struct{}
	answering bool
	ahead     int // pictures sent and not answered
}

// wait waits until another picture may be sent, and counts it.
func (p *pacer) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	for {
		select {
		case <-p.answers:
			p.answered()
			continue
		default:
		}
		if !p.answering || p.ahead < maxAhead {
			p.ahead++
			return nil
		}
		select {
		case <-p.answers:
			p.answered()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *pacer) answered() {
	if !p.answering { // what was sent before the first answer counts as shown
		p.answering, p.ahead = true, 1
	}
	p.ahead = max(p.ahead-1, 0)
}

// boundary parts the pictures of an MJPEG stream.
const boundary = "mirrorcart-frame"

// MJPEG serves the pictures as multipart/x-mixed-replace, which an <img> shows
// without script.
func (h *Hub) MJPEG() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := h.admit(w)
		if !ok {
			return
		}
		defer v.Close()
		head := w.Header()
		head.Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
		head.Set("Cache-Control", "no-store")
		head.Set("X-Content-Type-Options", "nosniff")
		rc := http.NewResponseController(w)
		if err := rc.Flush(); err != nil {
			h.cfg.Log.Debug("mirror viewer left", "err", err)
			return
		}
		err := stream(r.Context(), v, nil, func(_ context.Context, picture []byte) error {
			if err := rc.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return err
			}
			if _, err := fmt.Fprintf(w, "--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", boundary, len(picture)); err != nil {
				return err
			}
			if _, err := w.Write(picture); err != nil {
				return err
			}
			if _, err := w.Write([]byte("\r\n")); err != nil {
				return err
			}
			return rc.Flush()
		})
		h.cfg.Log.Debug("mirror viewer left", "err", err)
	})
}

// admit adds a viewer or answers why not.
func (h *Hub) admit(w http.ResponseWriter) (*Viewer, bool) {
	v, err := h.View()
	if err != nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return nil, false
	}
	return v, true
}

// stream sends pictures, each when wait (if there is one) allows, until one of
// the two sides is gone.
func stream(ctx context.Context, v *Viewer, wait func(context.Context) error, send func(context.Context, []byte) error) error {
	for {
		if wait != nil {
			if err := wait(ctx); err != nil {
				return err
			}
		}
		picture, err := v.Next(ctx)
		if err != nil {
			return err
		}
		sendCtx, cancel := context.WithTimeout(ctx, sendTimeout)
		err = send(sendCtx, picture)
		cancel()
		if err != nil {
			return err
		}
	}
}
