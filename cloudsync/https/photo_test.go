package https_test

import (
	"context"
	"crypto/ed25519"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestPhotosAreBroughtSigned(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	p := &edge.SealedPhoto{
		ID: strings.Repeat("ab", 16), Cart: edge.CartID{1}, SKUs: []edge.SKU{"LIP-1"}, Sealed: []byte("sealed"),
		Expires: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	}
	status := http.StatusNoContent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/hq"+cloudsync.PhotoPath, r.URL.String(), "the address names no photo")
		require.Equal(t, cloudsync.PhotoType, r.Header.Get("Content-Type"))
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		env, err := cloudsync.Open(body)
		require.NoError(t, err)
		require.NoError(t, env.Verify(key.Public().(ed25519.PublicKey), cloudsync.PhotoTopic("shop1")))
		require.Equal(t, cloudsync.KindPhoto, env.Kind)
		got, err := cloudsync.DecodePhoto(env.Body)
		require.NoError(t, err)
		require.Equal(t, p, got)
		w.WriteHeader(status)
	}))
	defer server.Close()
	to := https.Photos{Post: https.Post{URL: server.URL + "/hq/", Client: server.Client(), Node: "shop1", Key: key}}
	require.NoError(t, to.Send(t.Context(), p))
	for code, kind := range map[int]edge.Kind{
		http.StatusGone:                  edge.Expired,
		http.StatusBadRequest:            edge.Invalid,
		http.StatusConflict:              edge.Invalid,
		http.StatusRequestEntityTooLarge: edge.Invalid,
		http.StatusForbidden:             edge.Unavailable, // until the gateway is enrolled
		http.StatusNotFound:              edge.Unavailable,
		http.StatusTooManyRequests:       edge.Unavailable,
		http.StatusServiceUnavailable:    edge.Unavailable,
		http.StatusOK:                    edge.Unavailable, // a proxy's own page
	} {
		status = code
		require.Equal(t, kind, edge.KindOf(to.Send(t.Context(), p)), code)
	}
	server.Close()
	require.Equal(t, edge.Unavailable, edge.KindOf(to.Send(t.Context(), p)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, to.Send(ctx, p))
}

func FuzzDecodePhoto(f *testing.F) {
	f.Add([]byte(`{"id":"` + strings.Repeat("ab", 16) + `","cart":"AQAAAAAAAAAAAAAA","expires":"2026-11-23T09:00:00Z","sealed":"c2VhbGVk"}`))
	f.Add([]byte(`{"skus":["",null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := cloudsync.DecodePhoto(body)
		if err != nil {
			return
		}
		if p.Check(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)) == nil {
			require.True(t, edge.ValidPhotoID(p.ID))
			require.LessOrEqual(t, len(p.Sealed), edge.MaxPhotoBytes)
		}
	})
}
