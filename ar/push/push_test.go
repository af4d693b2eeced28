package push_test

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/push"
)

// decoder takes eight bytes for a picture of one pixel, whose number they are.
type decoder struct{ closed, forgot *int }

type tooSmall struct{}

func (tooSmall) Error() string   { return "too small" }
func (tooSmall) Fault() ar.Fault { return ar.FaultSize }

func (d decoder) Decode(f *ar.Frame, jpeg []byte) error {
	switch len(jpeg) {
	case 8:
		f.Resize(1, 1)
		copy(f.Pix, jpeg[5:])
		return nil
	case 1:
		return tooSmall{}
	}
	return errors.New("no JPEG")
}

func (d decoder) Close() error { *d.closed++; return nil }
func (d decoder) Forget()      { *d.forgot++ }

func picture(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
func number(f *ar.Frame) int {
	return int(f.Pix[0])<<16 | int(f.Pix[1])<<8 | int(f.Pix[2])
}

// shop is a source that tablets can reach.
type shop struct {
	t      *testing.T
	source *push.Source
	camera ar.Camera
	url    string
	closed int
	forgot int
	left   chan struct{} // gets a token for each tablet that has left
}

func newShop(t *testing.T) *shop {
	s := &shop{t: t, left: make(chan struct{}, 8)}
	s.source = push.NewSource(func() push.Decoder { return decoder{&s.closed, &s.forgot} }, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.source.ServeHTTP(w, r)
		s.left <- struct{}{}
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	var err error
	s.camera, err = s.source.Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.camera.Close())
		require.NoError(t, s.camera.Close())
		require.Equal(t, 1, s.closed)
		require.Error(t, s.camera.Read(context.Background(), &ar.Frame{}))
	})
	return s
}

func (s *shop) tablet() *websocket.Conn {
	s.t.Helper()
	c, resp, err := websocket.Dial(s.t.Context(), s.url, nil)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusSwitchingProtocols, resp.StatusCode)
	s.t.Cleanup(func() { c.CloseNow() })
	return c
}

func (s *shop) send(c *websocket.Conn, b []byte) {
	s.t.Helper()
	require.NoError(s.t, c.Write(s.t.Context(), websocket.MessageBinary, b))
}

func (s *shop) answered(c *websocket.Conn) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	kind, b, err := c.Read(ctx)
	require.NoError(s.t, err)
	require.Equal(s.t, websocket.MessageText, kind)
	require.Empty(s.t, b)
}

// cut waits until c is cut off and gives the reason.
func (s *shop) cut(c *websocket.Conn) websocket.CloseError {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			var why websocket.CloseError
			require.ErrorAs(s.t, err, &why)
			return why
		}
	}
}

func TestPicturesArriveInOrderAndAreAnswered(t *testing.T) {
	s := newShop(t)
	c := s.tablet()
	var f ar.Frame
	start := time.Now()
	for n := 1; n <= 30; n++ {
		s.send(c, picture(n))
		require.NoError(t, s.camera.Read(t.Context(), &f))
		require.Equal(t, n, number(&f))
		require.EqualValues(t, n, f.Seq)
		require.WithinRange(t, f.At, start, time.Now())
		s.answered(c)
	}
	require.Greater(t, time.Since(start), 29*time.Second/60, "no more than 60 a second")
}

// A tablet that does not wait for answers loses pictures, not time.
func TestOnlyTheNewestPictureIsKept(t *testing.T) {
	s := newShop(t)
	c := s.tablet()
	const sent = 500
	for n := 1; n <= sent; n++ {
		s.send(c, picture(n))
	}
	for range sent - 1 {
		s.answered(c) // it was replaced
	}
	var f ar.Frame
	require.NoError(t, s.camera.Read(t.Context(), &f))
	require.Equal(t, sent, number(&f))
	s.answered(c)
	require.ErrorIs(t, s.camera.Read(t.Context(), &f), ar.ErrIdle)
}

func TestWithoutATabletTheCameraIsIdle(t *testing.T) {
	s := newShop(t)
	var f ar.Frame
	require.ErrorIs(t, s.camera.Read(t.Context(), &f), ar.ErrIdle)
	require.Equal(t, 1, s.forgot, "who was last in the picture is still in memory")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.camera.Read(ctx, &f), context.Canceled)
}

func TestNothingOfATabletThatLeftIsShown(t *testing.T) {
	s := newShop(t)
	c := s.tablet()
	s.send(c, picture(1))
	s.send(c, picture(2))
	s.answered(c) // both have arrived
	require.NoError(t, c.Close(websocket.StatusNormalClosure, ""))
	<-s.left
	var f ar.Frame
	require.ErrorIs(t, s.camera.Read(t.Context(), &f), ar.ErrIdle)
	require.Zero(t, f.Width)
}

// The latest tablet counts: one that comes back after its network was away does
// so before its old connection is known dead.
func TestLatestTabletWins(t *testing.T) {
	s := newShop(t)
	old := s.tablet()
	s.send(old, picture(1))
	var f ar.Frame
	require.NoError(t, s.camera.Read(t.Context(), &f))
	c := s.tablet()
	s.send(c, picture(2))
	require.NoError(t, s.camera.Read(t.Context(), &f))
	require.Equal(t, 2, number(&f))
	why := s.cut(old)
	require.Equal(t, websocket.StatusPolicyViolation, why.Code)
	require.Contains(t, why.Reason, "another tablet")
	s.send(c, picture(3))
	require.NoError(t, s.camera.Read(t.Context(), &f))
	require.Equal(t, 3, number(&f))
}

func TestBadSendersAreCutOff(t *testing.T) {
	for name, tt := range map[string]struct {
		kind websocket.MessageType
		body string
		code websocket.StatusCode
	}{
		"no picture":  {websocket.MessageBinary, "hello", websocket.StatusInvalidFramePayloadData},
		"nothing":     {websocket.MessageBinary, "", websocket.StatusInvalidFramePayloadData},
		"a text":      {websocket.MessageText, "hello", websocket.StatusUnsupportedData},
		"3 megabytes": {websocket.MessageBinary, strings.Repeat("x", 3<<20), websocket.StatusMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			c := s.tablet()
			require.NoError(t, c.Write(t.Context(), tt.kind, []byte(tt.body)))
			var f ar.Frame
			require.ErrorIs(t, s.camera.Read(t.Context(), &f), ar.ErrIdle)
			require.Equal(t, tt.code, s.cut(c).Code)

			good := s.tablet()
			s.send(good, picture(7))
			require.NoError(t, s.camera.Read(t.Context(), &f), "the next one is heard")
			require.Equal(t, 7, number(&f))
		})
	}
}

// A picture that does not end is not heard to its end.
func TestEndlessPicturesAreCutOff(t *testing.T) {
	s := newShop(t)
	c := s.tablet()
	endless, err := c.Writer(t.Context(), websocket.MessageBinary)
	require.NoError(t, err)
	for err == nil {
		_, err = endless.Write(make([]byte, 1<<20))
	}
	<-s.left
	good := s.tablet()
	s.send(good, picture(7))
	var f ar.Frame
	require.NoError(t, s.camera.Read(t.Context(), &f), "the next one is heard")
	require.Equal(t, 7, number(&f))
}

func TestPicturesOfTheWrongSizeAreTheCamerasFault(t *testing.T) {
	s := newShop(t)
	c := s.tablet()
	s.send(c, []byte{1})
	var f ar.Frame
	require.ErrorIs(t, s.camera.Read(t.Context(), &f), tooSmall{})
	s.send(c, picture(2))
	require.NoError(t, s.camera.Read(t.Context(), &f), "the tablet may mend it")
}

func TestOtherPagesAreRefused(t *testing.T) {
	s := newShop(t)
	_, resp, err := websocket.Dial(t.Context(), s.url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.example"}}})
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
}

// BenchmarkLoopback is from the moment a tablet sends a picture of a usual
// length until it is read.
func BenchmarkLoopback(b *testing.B) {
	s := push.NewSource(func() push.Decoder { return anything{} }, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(s)
	defer server.Close()
	cam, err := s.Open(b.Context())
	require.NoError(b, err)
	defer cam.Close()
	c, _, err := websocket.Dial(b.Context(), server.URL, nil)
	require.NoError(b, err)
	defer c.CloseNow()
	body := make([]byte, 120<<10)
	var f ar.Frame
	var took time.Duration
	for b.Loop() {
		start := time.Now()
		require.NoError(b, c.Write(b.Context(), websocket.MessageBinary, body))
		require.NoError(b, cam.Read(b.Context(), &f))
		took += f.At.Sub(start)
		_, _, err := c.Read(b.Context())
		require.NoError(b, err)
	}
	b.ReportMetric(float64(took.Microseconds())/float64(b.N), "µs-arrival/op")
}

type anything struct{}

func (anything) Decode(f *ar.Frame, _ []byte) error { f.Resize(1, 1); return nil }
func (anything) Forget()                            {}
func (anything) Close() error                       { return nil }
