package headquarters_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func open(t *testing.T, office string, change ...func(*firmwarecfg.HQ)) (*headquarters.Server, error) {
	return openLogging(t, slog.New(slog.DiscardHandler), office, change...)
}

func openLogging(t *testing.T, log *slog.Logger, office string, change ...func(*firmwarecfg.HQ)) (*headquarters.Server, error) {
	dir := t.TempDir()
	cfg := firmwarecfg.DefaultHQ()
	cfg.Addr, cfg.OfficeAddr, cfg.DataDir, cfg.Key = "127.0.0.1:0", office, dir, filepath.Join(dir, "hq.key")
	cfg.Metrics.Addr = "127.0.0.1:0"
	cfg.OfficeHosts = []string{"hq.example.com"}
	cfg.MQTT.URL = "mqtt://127.0.0.1:1" // nobody is there: pages must not wait for a broker
	for _, f := range change {
		f(cfg)
	}
	return headquarters.New(t.Context(), cfg, os.DirFS("../edge/demo/shop"), "test", log)
}

func start(t *testing.T, office string, change ...func(*firmwarecfg.HQ)) *headquarters.Server {
	return startLogging(t, slog.New(slog.DiscardHandler), office, change...)
}

func startLogging(t *testing.T, log *slog.Logger, office string, change ...func(*firmwarecfg.HQ)) *headquarters.Server {
	s, err := openLogging(t, log, office, change...)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
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
	for _, page := range []string{"/", "/sales", "/sales.json", "/incidents", "/openapi.json"} {
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

// ask names a host that is not the address it goes to, as a browser does whose
// name service was made to lie.
func ask(t *testing.T, url, host string) (int, string) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestOfficeAnswersToItsOwnNamesOnly(t *testing.T) {
	for name, office := range map[string]string{"own address": "127.0.0.1:0", "one address": ""} {
		t.Run(name, func(t *testing.T) {
			s := start(t, office)
			for _, page := range []string{"/", "/sales", "/sales.json", "/incidents", "/live", "/v1/events", "/openapi.json"} {
				for _, host := range []string{"evil.example", "evil.example:8091", "localhost.evil.example", "127.0.0.1.evil.example", "hq.example.com.evil.example"} {
					code, body := ask(t, s.OfficeURL()+page, host)
					require.Equal(t, http.StatusForbidden, code, "%s of %s", page, host)
					require.Contains(t, body, "office_hosts")
				}
			}
			for _, host := range []string{"localhost", "LOCALHOST:8091", "10.1.2.3", "10.1.2.3:8091", "[::1]", "[fd00::7]:8091", "hq.example.com", "HQ.Example.com:443"} {
				code, _ := ask(t, s.OfficeURL()+"/sales.json", host)
				require.Equal(t, http.StatusOK, code, host)
			}
			code, _ := ask(t, s.PublicURL()+"/pictures/lip-silk-velvet.svg", "cart.example.com")
			require.Equal(t, http.StatusOK, code, "phones come under the public name")
		})
	}
}
