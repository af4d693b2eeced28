package headquarters_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func start(t *testing.T, office string) *headquarters.Server {
	dir := t.TempDir()
	cfg := firmwarecfg.DefaultHQ()
	cfg.Addr, cfg.OfficeAddr, cfg.DataDir, cfg.Key = "127.0.0.1:0", office, dir, filepath.Join(dir, "hq.key")
	cfg.MQTT.URL = "mqtt://127.0.0.1:1" // nobody is there: pages must not wait for a broker
	ctx, stop := context.WithCancel(t.Context())
	s, err := headquarters.New(ctx, cfg, os.DirFS("../edge/demo/shop"), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
		require.NoError(t, s.Close())
	})
	return s
}

func status(t *testing.T, url string) int {
	resp, err := http.Get(url)
	require.NoError(t, err)
	resp.Body.Close()
	return resp.StatusCode
}

func TestOfficeIsNotPublic(t *testing.T) {
	s := start(t, "127.0.0.1:0")
	for _, page := range []string{"/", "/sales", "/v1/sales", "/v1/shops"} {
		require.Equal(t, http.StatusNotFound, status(t, s.PublicURL()+page), page)
		require.Equal(t, http.StatusOK, status(t, s.OfficeURL()+page), page)
	}
	picture := "/pictures/lip-silk-velvet.svg"
	require.Equal(t, http.StatusOK, status(t, s.PublicURL()+picture))
	require.Equal(t, http.StatusNotFound, status(t, s.OfficeURL()+picture))
}

func TestOneAddressForBoth(t *testing.T) {
	s := start(t, "")
	require.Equal(t, s.PublicURL(), s.OfficeURL())
	require.Equal(t, http.StatusOK, status(t, s.PublicURL()+"/sales"))
	require.Equal(t, http.StatusOK, status(t, s.PublicURL()+"/pictures/lip-silk-velvet.svg"))
}
