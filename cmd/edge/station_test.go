package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// kioskPage is what a kiosk's page does.
type kioskPage struct {
	t   *testing.T
	url string
}

// kioskState is what a kiosk's page is told.
type kioskState struct {
	State string
	SKUs  []string
}

func (p kioskPage) call(method, path, body string) (out kioskState) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+"/kiosk/v1"+path, strings.NewReader(body))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	require.Less(p.t, resp.StatusCode, 300, "%s %s: %s", method, path, text)
	if len(text) > 0 {
		require.NoError(p.t, json.Unmarshal(text, &out))
	}
	return out
}

// mirror opens the stream of pictures; the first one's size comes back.
func (p kioskPage) mirror(ctx context.Context) (size image.Point, rest *multipart.Reader) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/kiosk/v1/mirror.mjpeg", nil)
	require.NoError(p.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { resp.Body.Close() })
	require.Equal(p.t, http.StatusOK, resp.StatusCode)
	rest = multipart.NewReader(bufio.NewReader(resp.Body), "mirrorcart-frame")
	part, err := rest.NextPart()
	require.NoError(p.t, err)
	cfg, _, err := image.DecodeConfig(part)
	require.NoError(p.t, err)
	return image.Pt(cfg.Width, cfg.Height), rest
}

// TestKiosksSideBySide: one gateway serves several kiosks, each with its own
// camera, shopper and look, and one till.
func TestKiosksSideBySide(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	for i, height := range []int{240, 480} {
		k := firmwarecfg.Kiosk{ID: fmt.Sprintf("k%d", i+2), Addr: "127.0.0.1:0", Camera: cfg.Camera, Mirror: cfg.Mirror}
		k.Camera.Width, k.Camera.Height = 320, height
		cfg.Kiosks = append(cfg.Kiosks, k)
	}
	o := testGateway(t, cfg)
	o.needMirror = true
	g := runGateway(t, o)
	require.Len(t, g.stations, 3)

	sizes := []image.Point{{640, 360}, {320, 240}, {320, 480}}
	var pages []kioskPage
	var streams []*multipart.Reader
	for i, s := range g.stations {
		p := kioskPage{t, s.url()}
		require.Equal(t, "attract", p.call("GET", "/session", "").State, "nobody is at kiosk %d yet", i)
		p.call("POST", "/session", `{"language": "vi"}`)
		p.call("POST", "/session/consent", `{"camera": true}`)
		size, stream := p.mirror(t.Context())
		require.Equal(t, sizes[i], size, "each kiosk shows its own camera")
		pages, streams = append(pages, p), append(streams, stream)
	}
	r, err := g.db.Release(t.Context())
	require.NoError(t, err)
	lipstick := ""
	for _, v := range r.Variants {
		if v.TryOn != nil && v.TryOn.Kind == "lipstick" {
			lipstick = string(v.SKU)
		}
	}
	pages[1].call("PUT", "/session/look", fmt.Sprintf(`{"skus": [%q]}`, lipstick))
	require.Empty(t, pages[0].call("GET", "/session", "").SKUs)
	require.Equal(t, []string{lipstick}, pages[1].call("GET", "/session", "").SKUs)

	pages[0].call("POST", "/session/finish", "")
	for err == nil {
		_, err = streams[0].NextPart()
	}
	require.Equal(t, "mirror", pages[1].call("GET", "/session", "").State, "the other shopper stays")
	for _, s := range streams[1:] {
		_, err := s.NextPart()
		require.NoError(t, err)
	}

	carts := map[string]bool{}
	for _, p := range pages {
		resp, err := http.Get(p.url + "/api/v1/catalogue")
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		carts[string(text)] = true
	}
	require.Len(t, carts, 1, "one shop behind all of them")
}
