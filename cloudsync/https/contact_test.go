package https_test

import (
	"crypto/ed25519"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestContactsAreBroughtSigned(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	c := &edge.OrderContact{Order: "o1", Contact: edge.Contact{Name: "Hạ", Phone: "0901234567"}, Agreed: "1", At: time.Unix(1, 0).UTC()}
	status := http.StatusNoContent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, cloudsync.ContactPath, r.URL.String(), "the address names nobody")
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		env, err := cloudsync.Open(body)
		require.NoError(t, err)
		require.NoError(t, env.Verify(key.Public().(ed25519.PublicKey), cloudsync.ContactTopic("shop1")))
		got, err := cloudsync.DecodeContact(env.Body)
		require.NoError(t, err)
		require.Equal(t, c, got)
		w.WriteHeader(status)
	}))
	defer server.Close()
	to := https.Contacts{Post: https.Post{URL: server.URL + "/", Client: server.Client(), Node: "shop1", Key: key}}
	require.NoError(t, to.Send(t.Context(), c))
	for code, kind := range map[int]edge.Kind{
		http.StatusBadRequest:            edge.Invalid,
		http.StatusRequestEntityTooLarge: edge.Invalid,
		http.StatusNotFound:              edge.Unavailable, // the order is on its way yet
		http.StatusForbidden:             edge.Unavailable, // until the gateway is enrolled
		http.StatusServiceUnavailable:    edge.Unavailable,
		http.StatusOK:                    edge.Unavailable, // a proxy's own page
	} {
		status = code
		err := to.Send(t.Context(), c)
		require.Equal(t, kind, edge.KindOf(err), code)
		require.NotContains(t, err.Error(), "0901234567")
	}
}

func TestWhatIsKeptOfAPersonIsBroughtSigned(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	told := &edge.PersonTold{Ask: "a1", Contacts: []edge.OrderContact{{Order: "o1", Contact: edge.Contact{Name: "Hạ", Phone: "0901234567"}, Agreed: "1", At: time.Unix(1, 0).UTC()}}}
	status := http.StatusNoContent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, cloudsync.ToldPath, r.URL.String(), "the address names nobody")
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		env, err := cloudsync.Open(body)
		require.NoError(t, err)
		require.Equal(t, cloudsync.KindTold, env.Kind)
		require.NoError(t, env.Verify(key.Public().(ed25519.PublicKey), cloudsync.ToldTopic("shop1")))
		got, err := cloudsync.DecodeTold(env.Body)
		require.NoError(t, err)
		require.Equal(t, told, got)
		w.WriteHeader(status)
	}))
	defer server.Close()
	to := https.Contacts{Post: https.Post{URL: server.URL, Client: server.Client(), Node: "shop1", Key: key}}
	require.NoError(t, to.Tell(t.Context(), told))
	for code, kind := range map[int]edge.Kind{
		http.StatusBadRequest:         edge.Invalid,
		http.StatusServiceUnavailable: edge.Unavailable,
		http.StatusForbidden:          edge.Unavailable,
	} {
		status = code
		err := to.Tell(t.Context(), told)
		require.Equal(t, kind, edge.KindOf(err), code)
		require.NotContains(t, err.Error(), "0901234567")
	}
}
