package main

import (
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// lines keeps a log that is written to from anywhere.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// about are the lines that speak of an address.
func (l *lines) about(addr string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, addr) {
			found = append(found, line)
		}
	}
	return found
}

func faultsOf(t *testing.T, g *gateway) []api.Fault {
	t.Helper()
	resp, err := http.Get(g.url() + "/api/v1/status")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var status struct {
		Line   struct{ Since time.Time }
		Faults []api.Fault
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&status))
	require.WithinDuration(t, time.Now(), status.Line.Since, time.Hour, "a shop without HQ has had no line since it began")
	return status.Faults
}

// overTLS reports whether a gateway answers there.
func overTLS(t *testing.T, addr string) bool {
	t.Helper()
	// The certificate is of the test's own making; who signed it is not the point.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: time.Second}).Get("https://" + addr + "/api/v1/status")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// taken is a port that another program holds.
func taken(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// The till does not wait for TLS, nor for another kiosk's address: what is wrong
// is logged once and told in the status, and mends by itself.
func TestTillDoesNotWaitForOtherAddresses(t *testing.T) {
	cert := filepath.Join(t.TempDir(), "cert.pem")
	require.NoError(t, os.WriteFile(cert, []byte("broken"), 0o600))
	for name, tt := range map[string]struct {
		change func(cfg *firmwarecfg.Edge, held string)
		mend   func(t *testing.T, cfg *firmwarecfg.Edge, held net.Listener)
		part   string
		kiosk  string
		says   string
	}{
		"TLS port taken": {
			func(cfg *firmwarecfg.Edge, held string) { cfg.HTTP.TLSAddr = held },
			func(t *testing.T, _ *firmwarecfg.Edge, held net.Listener) { require.NoError(t, held.Close()) },
			"https", "main", "stop the other program",
		},
		"certificate broken": {
			func(cfg *firmwarecfg.Edge, _ string) {
				cfg.HTTP.TLSAddr, cfg.HTTP.Cert, cfg.HTTP.Key = "127.0.0.1:0", cert, cert
			},
			func(t *testing.T, _ *firmwarecfg.Edge, _ net.Listener) {
				made, err := makeSelfSigned([]string{"localhost"}, time.Now())
				require.NoError(t, err)
				require.NoError(t, writeWhole(cert, made))
			},
			"https", "main", "http.cert and http.key",
		},
		"no room for a certificate": {
			func(cfg *firmwarecfg.Edge, _ string) {
				cfg.HTTP.TLSAddr = "127.0.0.1:0"
				require.NoError(t, os.Mkdir(filepath.Join(cfg.DataDir, "self-signed.pem"), 0o700))
			},
			func(t *testing.T, cfg *firmwarecfg.Edge, _ net.Listener) {
				require.NoError(t, os.Remove(filepath.Join(cfg.DataDir, "self-signed.pem")))
			},
			"https", "main", "data_dir",
		},
		"another kiosk's port taken": {
			func(cfg *firmwarecfg.Edge, held string) {
				cfg.Kiosks = []firmwarecfg.Kiosk{{ID: "window", Addr: held, Camera: cfg.Camera, Mirror: cfg.Mirror}}
			},
			func(t *testing.T, _ *firmwarecfg.Edge, held net.Listener) { require.NoError(t, held.Close()) },
			"http", "window", "stop the other program",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			cfg := testShop(t, t.TempDir())
			cfg.ModelsDir = filepath.Join(cfg.DataDir, "none") // the till is what counts
			held := taken(t)
			tt.change(cfg, held.Addr().String())
			o := testGateway(t, cfg)
			var log lines
			o.log = slog.New(slog.NewTextHandler(&log, nil))
			g := runGateway(t, o)

			p := g.stations[len(g.stations)-1].plain
			if tt.part == "https" {
				p = g.sealed
			}
			faults := faultsOf(t, g)
			require.Len(t, faults, 1)
			require.Equal(t, []string{tt.part, tt.kiosk}, []string{faults[0].Part, faults[0].Kiosk})
			require.Contains(t, faults[0].Message, tt.says)
			require.NotContains(t, faults[0].Message, cfg.DataDir, "where files are is for the log")
			time.Sleep(portPause + portPause/2) // it is tried again meanwhile
			told := log.about("addr=" + p.addr)
			require.Len(t, told, 1, "it is said once")
			require.Equal(t, 1, strings.Count(told[0], tt.says), told[0])

			tt.mend(t, cfg, held)
			require.Eventually(t, func() bool { return len(faultsOf(t, g)) == 0 }, 2*time.Minute, 50*time.Millisecond)
			if tt.part == "https" {
				require.True(t, overTLS(t, p.at()))
			} else {
				resp, err := http.Get("http://" + p.at() + "/kiosk/v1/session")
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, http.StatusOK, resp.StatusCode)
			}
		})
	}
}

// Without the till's own address there is nothing to run.
func TestTillNeedsItsAddress(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	cfg.HTTP.Addr = taken(t).Addr().String()
	_, err := newGateway(t.Context(), testGateway(t, cfg))
	require.ErrorContains(t, err, "kiosk and till: nothing can be served at "+cfg.HTTP.Addr+": stop the other program")
}

// Nor does it wait for the folder of photos.
func TestTillDoesNotWaitForPhotos(t *testing.T) {
	cfg := testShop(t, t.TempDir())
	cfg.ModelsDir = filepath.Join(cfg.DataDir, "none")
	folder := filepath.Join(cfg.DataDir, "photos")
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	o := testGateway(t, cfg)
	var log lines
	o.log = slog.New(slog.NewTextHandler(&log, nil))
	g := runGateway(t, o)
	faults := faultsOf(t, g)
	require.Len(t, faults, 1)
	require.Equal(t, "photos", faults[0].Part)
	_, _, err := g.photos.Put([]byte("photo"), time.Now().Add(time.Hour))
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	require.Len(t, log.about(folder), 1, "it is said once")

	require.NoError(t, os.Remove(folder))
	id, key, err := g.photos.Put([]byte("photo"), time.Now().Add(time.Hour))
	require.NoError(t, err)
	b, err := g.photos.Get(id, key)
	require.NoError(t, err)
	require.Equal(t, "photo", string(b))
	require.Empty(t, faultsOf(t, g))
}
