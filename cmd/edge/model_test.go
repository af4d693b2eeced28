package main

import (
	"bytes"
	"context"
	"image/jpeg"
	"io/fs"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// TestModelWearsTheDemoShop draws the demo shop's own model through the gateway.
func TestModelWearsTheDemoShop(t *testing.T) {
	o := testGateway(t, testShop(t, t.TempDir()))
	o.needMirror = true
	g := runGateway(t, o)
	require.NotNil(t, g.model)
	draw := func(query string) []byte {
		resp, err := http.Get(g.stations[0].url() + "/kiosk/v1/model" + query)
		require.NoError(t, err)
		defer resp.Body.Close()
		var b bytes.Buffer
		_, err = b.ReadFrom(resp.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode, b.String())
		return b.Bytes()
	}
	bare, worn := draw(""), draw("?sku=LIP-VEL-02&sku=GLS-RND-01")
	require.NotEqual(t, bare, worn)
	for _, data := range [][]byte{bare, worn} {
		c, err := jpeg.DecodeConfig(bytes.NewReader(data))
		require.NoError(t, err)
		require.Equal(t, []int{1056, 1152}, []int{c.Width, c.Height})
	}
	require.Equal(t, bare, draw("?intensity=0.2"), "nothing of what was worn stays")
	require.False(t, g.station.mirror.pipeline.Stats().Faces > 0, "no camera is looked at for it")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	<-g.model.turn // somebody draws
	_, err := g.model.Wear(ctx, ar.Look{})
	g.model.turn <- struct{}{}
	require.ErrorIs(t, err, context.Canceled)
}

func TestModelsThatCannotBe(t *testing.T) {
	s, err := newStudio(testShop(t, t.TempDir()), fstest.MapFS{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	logo, err := fs.ReadFile(demoFiles, "demo/shop/pictures/logo.svg")
	require.NoError(t, err)
	kiosk, err := fs.ReadFile(demoFiles, "demo/shop/pictures/model.jpg")
	require.NoError(t, err)
	files := fstest.MapFS{"logo.svg": {Data: logo}, "half.jpg": {Data: kiosk[:40]}}
	for file, want := range map[string]string{"logo.svg": "not a picture", "half.jpg": "not a picture", "none.jpg": "not exist"} {
		_, err := s.model(files, file)
		require.ErrorContains(t, err, want, file)
	}
	m, err := s.model(files, "")
	require.NoError(t, err)
	require.Nil(t, m)
}
