package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// A catalogue of HQ takes the place of the folder's, with its pictures, and does
// so after a restart too.
func TestGatewayServesHQsCatalogue(t *testing.T) {
	picture := []byte("<svg>new</svg>")
	sum := edge.Hash(sha256.Sum256(picture))
	hq := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/assets/v1/"+sum.String() {
			http.NotFound(w, r)
			return
		}
		_, err := w.Write(picture)
		require.NoError(t, err)
	}))
	defer hq.Close()
	dir := t.TempDir()
	cfg := testShop(t, dir)
	cfg.ModelsDir = filepath.Join(dir, "no-models")
	key, err := firmwarecfg.LoadOrCreateKey(filepath.Join(dir, "hq.key"))
	require.NoError(t, err)
	cfg.HQ.Key = firmwarecfg.FormatPublicKey(key.Public().(ed25519.PublicKey))
	cfg.HQ.PublicURL = hq.URL
	cfg.HQ.MQTT = firmwarecfg.MQTT{URL: "mqtts://127.0.0.1:1", Username: "gw1", PasswordFile: filepath.Join(dir, "none"), CA: filepath.Join(dir, "none")}

	g := runGateway(t, testGateway(t, cfg))
	folder, err := g.db.Release(t.Context())
	require.NoError(t, err)
	next := edge.Release{
		Version: 9, Effective: time.Now().UTC().Add(-time.Second).Truncate(time.Second),
		Currency: folder.Currency, Categories: folder.Categories, Variants: slices.Clone(folder.Variants),
	}
	next.Variants[0].Price.Amount++
	next.Variants[0].Picture = "new.svg"
	next.Assets = []edge.Asset{{Name: "pictures/new.svg", SHA256: sum, Size: int64(len(picture))}}
	signed, err := edge.SignRelease(key, &next)
	require.NoError(t, err)
	outbox := tellingOutbox{g.db, g.api.CartChanged, func([]edge.Record) {}, g.maySell, g.fetcher}
	require.NoError(t, outbox.Apply(t.Context(), 1, edge.Delivery{Releases: []*edge.SignedRelease{signed}}))
	require.Eventually(t, func() bool {
		r, err := g.db.Release(t.Context())
		return err == nil && r.Version == 9
	}, 2*time.Minute, 5*time.Millisecond, "%v", g.faults())
	require.Equal(t, string(picture), body(t, g.url()+"/api/v1/pictures/new.svg"))
	require.Contains(t, body(t, g.url()+"/api/v1/pictures/"+folder.Variants[1].Picture), "<svg", "HQ sent none: the folder's")

	again, err := g.publish(t.Context(), nil, time.Now())
	require.NoError(t, err)
	require.EqualValues(t, 9, again.Version, "the folder has no say any more")
}

func body(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", b)
	return string(b)
}
