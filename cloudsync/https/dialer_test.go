package https_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/edge"
)

func serve(t *testing.T, h http.HandlerFunc) *https.Dialer {
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	return &https.Dialer{URL: s.URL + "/", Client: s.Client(), Timeout: 5 * time.Second, Poll: 20 * time.Millisecond}
}

func TestRepliesComeAsMessages(t *testing.T) {
	var requests, most atomic.Int64
	hold := make(chan struct{}, 100)
	d := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		list, err := cloudsync.DecodeMessages(body)
		require.NoError(t, err)
		require.Equal(t, cloudsync.IngestPath, r.URL.Path)
		requests.Add(1)
		most.Store(max(most.Load(), int64(len(list))))
		if len(list) > 0 {
			<-hold
		}
		w.Header().Set("Content-Type", cloudsync.MessagesType)
		for i := range list {
			list[i].Topic = "re " + list[i].Topic
		}
		_, err = w.Write(cloudsync.EncodeMessages(list))
		require.NoError(t, err)
	})
	l, err := d.Dial(t.Context(), cloudsync.Session{})
	require.NoError(t, err)
	for _, topic := range []string{"a", "b", "c", "d"} {
		require.NoError(t, l.Publish(t.Context(), cloudsync.Message{Topic: topic, Payload: []byte(topic)}))
	}
	for range 4 {
		hold <- struct{}{}
	}
	for _, topic := range []string{"a", "b", "c", "d"} {
		require.Equal(t, cloudsync.Message{Topic: "re " + topic, Payload: []byte(topic)}, <-l.Messages())
	}
	require.LessOrEqual(t, requests.Load(), int64(3), "what gathers travels together")
	l.Close()
	<-l.Done()
	require.ErrorIs(t, l.Publish(t.Context(), cloudsync.Message{}), cloudsync.ErrLinkLost)
}

func TestWhatIsNotHeadquartersIsNoLine(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"a sign-in page": func(w http.ResponseWriter, _ *http.Request) { say(w, []byte("<html>welcome to the hotel")) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"an error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"noise": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", cloudsync.MessagesType)
			say(w, []byte("noise"))
		},
		"a flood": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", cloudsync.MessagesType)
			say(w, bytes.Repeat([]byte{0}, cloudsync.MaxPost+10))
		},
	} {
		_, err := serve(t, h).Dial(t.Context(), cloudsync.Session{})
		require.Equal(t, edge.Unavailable, edge.KindOf(err), "%s: %v", name, err)
	}
}

func TestLinkEndsWithTheFirstRequestThatFails(t *testing.T) {
	var down atomic.Bool
	d := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", cloudsync.MessagesType)
	})
	l, err := d.Dial(t.Context(), cloudsync.Session{})
	require.NoError(t, err)
	down.Store(true)
	require.NoError(t, l.Publish(t.Context(), cloudsync.Message{Topic: "a"}))
	select {
	case <-l.Done():
	case <-time.After(2 * time.Minute):
		require.Fail(t, "the link still stands")
	}
}

func TestConfirmationIsRepeatedToAskForMore(t *testing.T) {
	var confirmations atomic.Int64
	d := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		list, err := cloudsync.DecodeMessages(body)
		require.NoError(t, err)
		confirmations.Add(int64(len(list)))
		w.Header().Set("Content-Type", cloudsync.MessagesType)
	})
	l, err := d.Dial(t.Context(), cloudsync.Session{})
	require.NoError(t, err)
	defer l.Close()
	payload := append([]byte{1, byte(cloudsync.KindConfirm)}, make([]byte, 100)...)
	require.NoError(t, l.Publish(t.Context(), cloudsync.Message{Topic: "t", Payload: payload}))
	require.Eventually(t, func() bool { return confirmations.Load() >= 3 }, 2*time.Minute, 5*time.Millisecond)
}

func say(w io.Writer, b []byte) { _, _ = w.Write(b) } // whoever has enough hangs up

// A door that has shut the gateway out is told from one that is out of order.
func TestAShutDoorIsARefusal(t *testing.T) {
	for body, shut := range map[string]bool{
		`{"error":{"kind":"forbidden","code":"revoked","message":"this certificate was taken back"}}`: true,
		`{"error":{"kind":"forbidden","message":"this certificate was taken back"}}`:                  false,
		`{"error":{"kind":"forbidden","code":"forged"}}`:                                              false,
		`revoked`: false,
		``:        false,
	} {
		d := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, body)
		})
		_, err := d.Dial(t.Context(), cloudsync.Session{})
		require.Equal(t, edge.Unavailable, edge.KindOf(err), body)
		refused, ok := errors.AsType[*cloudsync.RefusalError](err)
		require.Equal(t, shut, ok && refused.Code == cloudsync.RefusedRevoked, body)
	}
}
