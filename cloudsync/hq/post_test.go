package hq

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// Strangers who never come to an end keep no shop's photos, contacts and answers
// from being looked at.
func TestSlowStrangersKeepNobodysPostsOut(t *testing.T) {
	for _, p := range []post{photoPost(), contactPost(), toldPost()} {
		t.Run(p.plural, func(t *testing.T) {
			h := newGateway(t).hq
			handler := map[string]http.Handler{
				photoPost().plural: h.PhotoHandler(), contactPost().plural: h.ContactHandler(), toldPost().plural: h.ToldHandler(),
			}[p.plural]
			send := func(body io.Reader) int {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body)
				r.Header.Set("Content-Type", p.media)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				return w.Code
			}
			var strangers sync.WaitGroup
			defer strangers.Wait()
			for range 2 * postsAtOnce {
				r, w := io.Pipe()
				strangers.Go(func() { send(r); r.Close() })
				defer w.Close()
				_, _ = w.Write([]byte{1}) // returns when it is read, or nobody reads
			}
			require.Equal(t, http.StatusRequestTimeout, send(iotest.ErrReader(io.ErrUnexpectedEOF)), "what broke off on its way may come again")
			require.Equal(t, http.StatusForbidden, send(bytes.NewReader([]byte("of no gateway's"))), "it was looked at")
		})
	}
}
