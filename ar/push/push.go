// Package push makes a camera of a tablet: the browser of an enrolled one sends
// its pictures over a WebSocket, and the pipeline reads them as it reads any
// other camera's. Only the newest picture is kept, in memory, until it is read
// or replaced.
//
// The tablet sends one JPEG a binary message. Each is answered with an empty
// text message when it was read or replaced; a tablet that waits while two of
// its pictures are unanswered never fills the network's buffers, and encodes no
// more than the mirror shows.
package push

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Limits of what a tablet may send.
const (
	maxBytes   = 2 << 20 // a picture's
	fastest    = time.Second / 60
	silence    = 30 * time.Second // after which a connection is cut
	idleAfter  = time.Second      // without a picture, after which Read says so
	ackTimeout = 5 * time.Second
)

// Decoder makes a frame of a JPEG that may hold anything. A Fault method of its
// error says that the tablet's pictures cannot be used as they are; other errors
// are the sender's.
type Decoder interface {
	Decode(f *ar.Frame, jpeg []byte) error
	// Forget wipes what it keeps of the pictures decoded.
	Forget()
	Close() error
}

// Source takes pictures from one tablet at a time; the latest to connect wins,
// because one that comes back does so before its old connection is known dead.
type Source struct {
	newDecoder func() Decoder
	log        *slog.Logger

	ready   chan struct{} // holds a token while a picture waits
	mu      sync.Mutex
	tablet  *tablet
	waiting *picture
	spare   []*picture
}

// NewSource makes a source without a tablet. Each camera that is opened gets a
// decoder of its own.
func NewSource(newDecoder func() Decoder, log *slog.Logger) *Source {
	return &Source{
		newDecoder: newDecoder, log: log, ready: make(chan struct{}, 1),
		spare: []*picture{{}, {}, {}}, // one being received, one waiting, one being decoded
	}
}

// picture is a JPEG on its way.
type picture struct {
	jpeg bytes.Buffer
	from *tablet
	at   time.Time
}

// tablet is one connection.
type tablet struct {
	ended chan error    // why it is to be cut off
	acks  chan struct{} // holds a token while answers are due
	due   atomic.Int64
	since time.Time
}

func (t *tablet) answer() {
	t.due.Add(1)
	select {
	case t.acks <- struct{}{}:
	default:
	}
}

// end has the tablet cut off.
func (t *tablet) end(why error) {
	select {
	case t.ended <- why:
	default: // for another reason already
	}
}

var errReplaced = errors.New("another tablet sends its camera now")

// ServeHTTP is the tablet's WebSocket. It ends with the request's context.
func (s *Source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil { // Accept has answered
		s.log.Debug("tablet refused", "err", err)
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(2 * maxBytes)
	ctx, cancel := context.WithCancel(r.Context())
	t := &tablet{ended: make(chan error, 1), acks: make(chan struct{}, 1), since: time.Now()}
	s.admit(t)
	defer s.leave(t)
	var answering sync.WaitGroup
	defer answering.Wait()
	defer cancel()
	answering.Go(func() {
		defer cancel()
		t.answerAll(ctx, c, s.log)
	})
	err = s.receive(ctx, c, t)
	switch {
	case errors.Is(err, errNotBinary):
		c.Close(websocket.StatusUnsupportedData, err.Error())
	case errors.Is(err, errTooBig):
		c.Close(websocket.StatusMessageTooBig, err.Error())
	}
	s.log.Debug("tablet left", "after", time.Since(t.since), "err", err)
}

func (s *Source) admit(t *tablet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tablet != nil {
		s.tablet.end(errReplaced)
	}
	s.tablet = t
}

func (s *Source) leave(t *tablet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tablet == t {
		s.tablet = nil
	}
	if s.waiting != nil && s.waiting.from == t { // nothing of who was here stays
		s.drop(s.waiting)
		s.waiting = nil
	}
}

var (
	errNotBinary = errors.New("send pictures as binary messages")
	errTooBig    = fmt.Errorf("send pictures of at most %d bytes", maxBytes)
)

// receive keeps the newest picture until the tablet is gone.
func (s *Source) receive(ctx context.Context, c *websocket.Conn, t *tablet) error {
	for {
		p := s.take()
		if err := p.receive(ctx, c); err != nil {
			s.free(p)
			return err
		}
		p.from, p.at = t, time.Now()
		s.put(p)
	}
}

func (p *picture) receive(ctx context.Context, c *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	kind, r, err := c.Reader(ctx)
	if err != nil {
		return err
	}
	if kind != websocket.MessageBinary {
		return errNotBinary
	}
	n, err := p.jpeg.ReadFrom(io.LimitReader(r, maxBytes+1))
	if err != nil || n <= maxBytes {
		return err
	}
	// Whoever is cut off while sending may never read why, so what is not much
	// too big is heard to its end.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	return errTooBig
}

// answerAll sends the answers that are due until the tablet is gone, or tells it
// why it is cut off.
func (t *tablet) answerAll(ctx context.Context, c *websocket.Conn, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case why := <-t.ended:
			log.Warn("tablet cut off", "err", why)
			status, text := websocket.StatusInvalidFramePayloadData, "this is no JPEG that can be shown"
			if errors.Is(why, errReplaced) {
				status, text = websocket.StatusPolicyViolation, why.Error()
			}
			c.Close(status, text)
			return
		case <-t.acks:
		}
		for ; t.due.Load() > 0; t.due.Add(-1) {
			writeCtx, cancel := context.WithTimeout(ctx, ackTimeout)
			err := c.Write(writeCtx, websocket.MessageText, nil)
			cancel()
			if err != nil {
				log.Debug("tablet takes no answer", "err", err)
				return
			}
		}
	}
}

// take is a picture to fill.
func (s *Source) take() *picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spare) == 0 { // two tablets at once, for a moment
		return &picture{}
	}
	p := s.spare[len(s.spare)-1]
	s.spare = s.spare[:len(s.spare)-1]
	return p
}

// put makes p the newest picture, if its tablet is still the one that counts.
func (s *Source) put(p *picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tablet != p.from {
		s.drop(p)
		return
	}
	if s.waiting != nil {
		s.waiting.from.answer()
		s.drop(s.waiting)
	}
	s.waiting = p
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// newest is the picture that waits; nil when there is none. Its tablet may send
// another.
func (s *Source) newest() *picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.waiting
	s.waiting = nil
	if p != nil {
		p.from.answer()
	}
	return p
}

func (s *Source) free(p *picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(p)
}

// drop wipes p and keeps its memory for another picture.
func (s *Source) drop(p *picture) {
	clear(p.jpeg.AvailableBuffer()[:p.jpeg.Cap()-p.jpeg.Len()])
	clear(p.jpeg.Bytes())
	p.jpeg.Reset()
	p.from = nil
	if len(s.spare) < 3 {
		s.spare = append(s.spare, p)
	}
}
