package hq

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

var photoID = strings.Repeat("ab", 16)

// sealedPhoto is a photo of the gateway's cart.
func (g *gateway) sealedPhoto(id string) *edge.SealedPhoto {
	return &edge.SealedPhoto{
		ID: id, Cart: edge.CartID{1}, SKUs: []edge.SKU{"LIP-1"}, Expires: g.clock.Now().Add(edge.PhotoLife), Sealed: []byte("sealed " + id),
	}
}

func (g *gateway) photoEnvelope(p *edge.SealedPhoto) []byte {
	g.t.Helper()
	body, err := json.Marshal(p)
	require.NoError(g.t, err)
	return cloudsync.Seal(g.key, cloudsync.KindPhoto, cloudsync.PhotoTopic(g.node), body)
}

func (g *gateway) bring(p *edge.SealedPhoto) error {
	return g.hq.TakePhoto(g.t.Context(), g.photoEnvelope(p))
}

// openedCart makes the gateway's cart known to HQ.
func (g *gateway) openedCart() {
	g.t.Helper()
	_, err := g.hq.OpenCart(g.t.Context(), edge.NewCart(edge.CartID{1}, g.clock.Now()), testNode, true)
	require.NoError(g.t, err)
}

func (g *gateway) photoIDs() (ids []string) {
	list, err := g.hq.Photos(g.t.Context(), edge.CartID{1})
	require.NoError(g.t, err)
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return ids
}

func (g *gateway) requireNoPhoto(id string) {
	g.t.Helper()
	_, err := g.hq.Photo(g.t.Context(), edge.CartID{1}, id)
	require.Equal(g.t, edge.NotFound, edge.KindOf(err))
	require.NotContains(g.t, g.photoIDs(), id)
}

func TestAPhotoComesAndGoes(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	require.NoError(t, g.bring(g.sealedPhoto(photoID)))
	require.Empty(t, g.photoIDs(), "nobody has opened its cart")
	g.openedCart()
	changed, cancel := g.hq.WatchCart(edge.CartID{1})
	defer cancel()
	require.NoError(t, g.bring(g.sealedPhoto(photoID)), "it comes again where the answer was lost")
	require.Len(t, changed, 1)

	list, err := g.hq.Photos(ctx, edge.CartID{1})
	require.NoError(t, err)
	require.Equal(t, []Photo{{ID: photoID, SKUs: []edge.SKU{"LIP-1"}, Expires: g.clock.Now().Add(edge.PhotoLife)}}, list)
	got, err := g.hq.Photo(ctx, edge.CartID{1}, photoID)
	require.NoError(t, err)
	require.Equal(t, "sealed "+photoID, string(got))
	_, err = g.hq.Photo(ctx, edge.CartID{2}, photoID)
	require.Equal(t, edge.NotFound, edge.KindOf(err), "another cart's")

	word := func() (n int) {
		require.NoError(t, g.hq.db.Read.QueryRowContext(ctx, "select count(*) from down").Scan(&n))
		return n
	}
	before := word()
	require.NoError(t, g.hq.DeletePhoto(ctx, edge.CartID{1}, photoID))
	require.NoError(t, g.hq.DeletePhoto(ctx, edge.CartID{1}, photoID), "again is no fault")
	require.Equal(t, before+1, word(), "the shop is told, once")
	g.requireNoPhoto(photoID)
	require.Equal(t, edge.Expired, edge.KindOf(g.bring(g.sealedPhoto(photoID))), "what is deleted does not come back")
	g.requireNoPhoto(photoID)
}

func TestTheShopWithdrawsAPhoto(t *testing.T) {
	g := newGateway(t)
	g.openedCart()
	late := strings.Repeat("cd", 16)
	for _, id := range []string{photoID, late} {
		if id == photoID {
			require.NoError(t, g.bring(g.sealedPhoto(id)))
		}
		gone := g.sealedPhoto(id)
		gone.Sealed = nil
		require.NoError(t, g.bring(gone))
		require.NoError(t, g.bring(gone))
		g.requireNoPhoto(id)
		require.Equal(t, edge.Expired, edge.KindOf(g.bring(g.sealedPhoto(id))), "withdrawn before it came")
		g.requireNoPhoto(id)
	}
}

// What nobody fetches is not kept for a day, and nothing longer than that.
func TestPhotosAreForgotten(t *testing.T) {
	g := newGateway(t)
	g.openedCart()
	ctx := t.Context()
	fetched := strings.Repeat("cd", 16)
	require.NoError(t, g.bring(g.sealedPhoto(photoID)))
	require.NoError(t, g.bring(g.sealedPhoto(fetched)))
	_, err := g.hq.Photo(ctx, edge.CartID{1}, fetched)
	require.NoError(t, err)
	g.clock.Advance(unfetched)
	g.requireNoPhoto(photoID)
	require.Equal(t, []string{fetched}, g.photoIDs())
	rows := func() (n int) {
		require.NoError(t, g.hq.pruneVisits(ctx))
		require.NoError(t, g.hq.db.Read.QueryRowContext(ctx, "select count(*) from photo").Scan(&n))
		return n
	}
	require.Equal(t, 1, rows())
	g.clock.Advance(edge.PhotoLife - unfetched)
	g.requireNoPhoto(fetched)
	require.Zero(t, rows())
}

func TestPhotosThatAreRefused(t *testing.T) {
	g := newGateway(t)
	g.openedCart()
	other := newGatewayOf(t, g.hq, g.clock, "shop9")
	require.NoError(t, g.bring(g.sealedPhoto(photoID)))
	change := func(f func(*edge.SealedPhoto)) []byte {
		p := g.sealedPhoto(strings.Repeat("ef", 16))
		f(p)
		return g.photoEnvelope(p)
	}
	foreign, err := json.Marshal(g.sealedPhoto(photoID))
	require.NoError(t, err)
	forged := g.photoEnvelope(g.sealedPhoto(strings.Repeat("ef", 16)))
	forged[len(forged)-3] ^= 1
	for name, tt := range map[string]struct {
		payload []byte
		status  int
	}{
		"nothing":         {nil, 403},
		"forged":          {forged, 403},
		"unknown key":     {cloudsync.Seal(newKey(t), cloudsync.KindPhoto, cloudsync.PhotoTopic(g.node), foreign), 403},
		"other topic":     {cloudsync.Seal(g.key, cloudsync.KindPhoto, cloudsync.PhotoTopic("shop9"), foreign), 403},
		"other kind":      {cloudsync.Seal(g.key, cloudsync.KindState, cloudsync.PhotoTopic(g.node), foreign), 403},
		"no JSON":         {cloudsync.Seal(g.key, cloudsync.KindPhoto, cloudsync.PhotoTopic(g.node), []byte("{")), 403},
		"another's photo": {cloudsync.Seal(other.key, cloudsync.KindPhoto, cloudsync.PhotoTopic("shop9"), foreign), 409},
		"odd id":          {change(func(p *edge.SealedPhoto) { p.ID = "../../etc/passwd" }), 400},
		"upper case":      {change(func(p *edge.SealedPhoto) { p.ID = strings.Repeat("EF", 16) }), 400},
		"no cart":         {change(func(p *edge.SealedPhoto) { p.Cart = edge.CartID{} }), 400},
		"expired":         {change(func(p *edge.SealedPhoto) { p.Expires = g.clock.Now() }), 410},
		"for a week":      {change(func(p *edge.SealedPhoto) { p.Expires = g.clock.Now().Add(7 * edge.PhotoLife) }), 400},
		"too large":       {change(func(p *edge.SealedPhoto) { p.Sealed = make([]byte, edge.MaxPhotoBytes+1) }), 413},
		"far too large":   {make([]byte, cloudsync.MaxPhotoPost+1), 413},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, cloudsync.PhotoPath, bytes.NewReader(tt.payload))
		r.Header.Set("Content-Type", cloudsync.PhotoType)
		g.hq.PhotoHandler().ServeHTTP(w, r)
		require.Equal(t, tt.status, w.Code, "%s: %s", name, w.Body)
	}
	require.Equal(t, []string{photoID}, g.photoIDs())
	for i := range edge.MaxCartPhotos {
		err = g.bring(g.sealedPhoto(strings.Repeat("0"+string(rune('1'+i)), 16)))
	}
	require.Equal(t, edge.TooMany, edge.KindOf(err))
	require.Len(t, g.photoIDs(), edge.MaxCartPhotos)
}

// HQ's files hold what is sealed, and after a deletion not even a row of it.
func TestHQHoldsNoFace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hq.db")
	g := newGatewayAt(t, path)
	g.openedCart()
	face := bytes.Repeat([]byte("\xff\xd8\xff\xe0 a face "), 50)
	p := g.sealedPhoto(photoID)
	for i, b := range face { // any cipher will do here: package photo has its own tests
		face[i], p.Sealed = b, append(p.Sealed, b^0x5a)
	}
	require.NoError(t, g.bring(p))
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	found := false
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		require.False(t, bytes.Contains(b, face[:16]), name)
		found = found || bytes.Contains(b, p.Sealed[:64])
	}
	require.True(t, found, "what is sealed is looked for in the wrong files")
}

func FuzzTakePhoto(f *testing.F) {
	g := newGateway(f)
	g.openedCart()
	good, err := json.Marshal(g.sealedPhoto(photoID))
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"id":"` + photoID + `","cart":"AQAAAAAAAAAAAAAA","expires":"9999-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		err := g.hq.TakePhoto(t.Context(), cloudsync.Seal(g.key, cloudsync.KindPhoto, cloudsync.PhotoTopic(g.node), body))
		if err != nil {
			require.NotEqual(t, edge.Unavailable, edge.KindOf(err))
			return
		}
		p, err := cloudsync.DecodePhoto(body)
		require.NoError(t, err)
		require.NoError(t, p.Check(g.clock.Now()))
	})
}
