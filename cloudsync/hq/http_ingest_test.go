package hq

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// post sends a body and returns status and body of the answer.
func (g *gateway) post(handler http.Handler, body []byte) (int, []byte) {
	g.t.Helper()
	r := httptest.NewRequest(http.MethodPost, cloudsync.IngestPath, bytes.NewReader(body))
	r.Header.Set("Content-Type", cloudsync.MessagesType)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	got, err := io.ReadAll(w.Result().Body)
	require.NoError(g.t, err)
	return w.Code, got
}

// replies posts messages and returns the kinds of what is answered, verified.
func (g *gateway) replies(handler http.Handler, list ...cloudsync.Message) (kinds []cloudsync.Kind) {
	g.t.Helper()
	status, body := g.post(handler, cloudsync.EncodeMessages(list))
	require.Equal(g.t, http.StatusOK, status, "%s", body)
	got, err := cloudsync.DecodeMessages(body)
	require.NoError(g.t, err)
	for _, m := range got {
		env, err := cloudsync.Open(m.Payload)
		require.NoError(g.t, err)
		require.NoError(g.t, env.Verify(g.hq.PublicKey(), m.Topic))
		kinds = append(kinds, env.Kind)
	}
	return kinds
}

func (g *gateway) sealed(branch cloudsync.Branch, kind cloudsync.Kind, key ed25519.PrivateKey, body interface{ Encode() ([]byte, error) }) cloudsync.Message {
	g.t.Helper()
	b, err := body.Encode()
	require.NoError(g.t, err)
	topic := cloudsync.Topic{Node: g.node, Branch: branch}.String()
	return cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(key, kind, topic, b)}
}

func TestBatchesOverHTTPSAreIngestedAsOverTheBroker(t *testing.T) {
	g := newGateway(t)
	handler := g.hq.IngestHandler()
	g.addMoves(30)
	require.Empty(t, g.replies(handler))
	up := func(payload []byte) cloudsync.Message {
		return cloudsync.Message{Topic: g.topic(), Payload: payload}
	}
	forged := bytes.Clone(g.seal(g.batch(1, 10)))
	forged[len(forged)-1] ^= 1
	kinds := g.replies(handler,
		up(g.seal(g.batch(11, 20))), up(g.seal(g.batch(1, 10))), up(forged), up(g.seal(g.batch(21, 30))), up(g.seal(g.batch(1, 10))))
	require.Equal(t, []cloudsync.Kind{cloudsync.KindAck, cloudsync.KindAck, cloudsync.KindNack, cloudsync.KindAck, cloudsync.KindAck}, kinds)
	require.EqualValues(t, 30, g.stock())
	require.Equal(t, 30, g.rows())

	id := g.command(cloudsync.OpDiagnostics, cloudsync.Args{})
	confirm := &cloudsync.Confirm{Node: g.node}
	stranger := g.sealed(cloudsync.BranchRsp, cloudsync.KindConfirm, newKey(t), confirm)
	require.Empty(t, g.replies(handler, stranger, cloudsync.Message{Topic: "not/a/topic"}), "nobody else is told what waits for the node")
	mine := g.sealed(cloudsync.BranchRsp, cloudsync.KindConfirm, g.key, confirm)
	require.Equal(t, []cloudsync.Kind{cloudsync.KindCmd}, g.replies(handler, mine))
	g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdRunning})
	require.Empty(t, g.replies(handler, mine), "the node is at it")
	state := g.sealed(cloudsync.BranchState, cloudsync.KindState, g.key, &cloudsync.State{Node: g.node, Session: "s", Up: true})
	require.Empty(t, g.replies(handler, state))
	shops, err := g.hq.Shops(t.Context())
	require.NoError(t, err)
	require.True(t, shops[0].Up)
}

func TestRequestsThatAreNoMessages(t *testing.T) {
	g := newGateway(t)
	handler := g.hq.IngestHandler()
	status, _ := g.post(handler, []byte("noise"))
	require.Equal(t, http.StatusBadRequest, status)
	status, body := g.post(handler, make([]byte, cloudsync.MaxPost+1))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.Contains(t, string(body), `"kind":"too_large"`)

	r := httptest.NewRequest(http.MethodPost, cloudsync.IngestPath, strings.NewReader(""))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Equal(t, http.StatusUnsupportedMediaType, w.Code)
	w = httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, cloudsync.IngestPath, nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, http.MethodPost, w.Header().Get("Allow"))
}

// Whoever sends a byte now and then keeps nobody out.
func TestSlowSendersKeepNobodyOut(t *testing.T) {
	g := newGateway(t)
	g.addMoves(10)
	handler := g.hq.IngestHandler()
	good := func() (int, []byte) {
		return g.post(handler, cloudsync.EncodeMessages([]cloudsync.Message{{Topic: g.topic(), Payload: g.seal(g.batch(1, 10))}}))
	}
	begun, ended := make(chan struct{}), make(chan int)
	slow := func(first int) (send *io.PipeWriter) {
		out, send := io.Pipe()
		r := httptest.NewRequest(http.MethodPost, cloudsync.IngestPath, out)
		r.Header.Set("Content-Type", cloudsync.MessagesType)
		go func() {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			ended <- w.Code
		}()
		go func() {
			_, err := send.Write(make([]byte, first)) // ends when all of it is read
			if err == nil {
				begun <- struct{}{}
			}
		}()
		<-begun
		return send
	}
	var all []*io.PipeWriter
	for range readAtOnce - ingestAtOnce - 1 {
		all = append(all, slow(1))
	}
	for range ingestAtOnce {
		all = append(all, slow(smallBody+1))
	}
	status, body := good()
	require.Equal(t, http.StatusOK, status, "%s", body)
	status, body = g.post(handler, make([]byte, smallBody+1))
	require.Equal(t, http.StatusServiceUnavailable, status, "there is no place for one more large body")
	require.Contains(t, string(body), "send again")
	all = append(all, slow(1))
	status, _ = good()
	require.Equal(t, http.StatusServiceUnavailable, status, "nor for one more at all")
	for _, send := range all {
		require.NoError(t, send.CloseWithError(io.ErrUnexpectedEOF))
		require.Equal(t, http.StatusBadRequest, <-ended)
	}
	status, _ = good()
	require.Equal(t, http.StatusOK, status)
}
