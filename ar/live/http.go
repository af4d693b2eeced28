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

// WebSocket serves the pictures as binary messages, one picture each. Pages of
// other origins are refused but for Config.Origins. Clients send nothing.
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
		ctx := c.CloseRead(r.Context())
		err = stream(ctx, v, func(ctx context.Context, picture []byte) error {
			return c.Write(ctx, websocket.MessageBinary, picture)
		})
		if errors.Is(err, ErrClosed) {
			c.Close(websocket.StatusGoingAway, err.Error())
		}
		h.cfg.Log.Debug("mirror viewer left", "err", err)
	})
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
		err := stream(r.Context(), v, func(_ context.Context, picture []byte) error {
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

// stream sends pictures until one of the two sides is gone.
func stream(ctx context.Context, v *Viewer, send func(context.Context, []byte) error) error {
	for {
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
