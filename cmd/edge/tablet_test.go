package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"image/jpeg"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// tabletGateway runs a gateway whose camera is a tablet's, over TLS with a
// certificate of its own making.
func tabletGateway(t *testing.T) (*gateway, *http.Client) {
	t.Helper()
	dir := t.TempDir()
	cfg := testShop(t, dir)
	cfg.ModelsDir = modelsFolder(t)
	cfg.HTTP.TLSAddr, cfg.Metrics.Addr = "127.0.0.1:0", "127.0.0.1:0"
	cfg.Camera.Source = firmwarecfg.PushCamera
	o := testGateway(t, cfg)
	o.needMirror = true
	g := runGateway(t, o)

	pem, err := os.ReadFile(filepath.Join(dir, "self-signed.pem"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return g, &http.Client{Jar: jar, Transport: transport}
}

// A tablet is enrolled, sends a face over TLS, and gets the mirror's pictures.
func TestTabletOverTLS(t *testing.T) {
	g, client := tabletGateway(t)
	base := "https://" + g.sealed.at()
	post := func(path, body string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/kiosk/v1"+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	dial := func(path string) (*websocket.Conn, error) {
		c, _, err := websocket.Dial(t.Context(), base+path, &websocket.DialOptions{HTTPClient: client})
		if err == nil {
			c.SetReadLimit(4 << 20)
			t.Cleanup(func() { c.CloseNow() })
		}
		return c, err
	}
	require.Equal(t, http.StatusOK, post("/session", `{"language":"vi"}`))
	require.Equal(t, http.StatusOK, post("/session/consent", `{"camera":true}`))
	_, err := dial("/kiosk/v1/camera")
	require.ErrorContains(t, err, "401", "it is not enrolled")

	tablets, err := openTablets(g.cfg)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, post("/camera/enrol", `{"code":"WRONG"}`))
	old, err := tablets.Invite()
	require.NoError(t, err)
	folder := filepath.Join(g.cfg.DataDir, "tablets")
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		require.NoError(t, os.Chtimes(filepath.Join(folder, e.Name()), time.Time{}, time.Now().Add(-time.Hour)))
	}
	require.Equal(t, http.StatusGone, post("/camera/enrol", `{"code":"`+old+`"}`))
	code, err := tablets.Invite()
	require.NoError(t, err)
	for i := range 64 {
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("tablet-%d", i)), nil, 0o600))
	}
	require.Equal(t, http.StatusConflict, post("/camera/enrol", `{"code":"`+code+`"}`))
	_, err = tablets.Forget()
	require.NoError(t, err)
	require.NoError(t, os.Rename(folder, folder+"-away"))
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	require.Equal(t, http.StatusInternalServerError, post("/camera/enrol", `{"code":"`+code+`"}`))
	require.NoError(t, os.Remove(folder))
	require.NoError(t, os.Rename(folder+"-away", folder))
	code, err = tablets.Invite()
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, post("/camera/enrol", `{"code":"`+code+`"}`))
	eye, err := dial("/kiosk/v1/camera")
	require.NoError(t, err)
	screen, err := dial("/kiosk/v1/mirror")
	require.NoError(t, err)

	photo, err := camera.Open(t.Context(), camera.Config{Source: "still:../../ar/face/testdata/faces/astronaut.png", Width: 640, Height: 360, Once: true})
	require.NoError(t, err)
	defer photo.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var f ar.Frame
	seen := false
	for !seen || g.mirror.pipeline.Stats().Faces < 3 {
		require.NoError(t, photo.Read(ctx, &f))
		sent, err := (&camera.JPEG{}).Encode(nil, &f)
		require.NoError(t, err)
		require.NoError(t, eye.Write(ctx, websocket.MessageBinary, sent))
		_, _, err = eye.Read(ctx)
		require.NoError(t, err, "each picture is answered")
		_, shown, err := screen.Read(ctx)
		require.NoError(t, err)
		size, err := jpeg.DecodeConfig(bytes.NewReader(shown))
		require.NoError(t, err)
		seen = size.Width == 640 && size.Height == 360 // and no card, because the next picture was late
	}

	require.Equal(t, http.StatusNoContent, post("/session/finish", ""))
	_, _, err = eye.Read(ctx)
	require.Error(t, err, "the tablet is cut off when its shopper has finished")
}

func TestTabletsAddress(t *testing.T) {
	cfg := firmwarecfg.DefaultEdge()
	cfg.Camera.Source, cfg.HTTP.TLSAddr = firmwarecfg.PushCamera, "0.0.0.0:8443"
	_, err := tabletURL(cfg, "main")
	require.ErrorContains(t, err, "http.allowed_hosts has no name")
	cfg.HTTP.AllowedHosts = append(cfg.HTTP.AllowedHosts, "kiosk.local")
	url, err := tabletURL(cfg, "main")
	require.NoError(t, err)
	require.Equal(t, "https://kiosk.local:8443", url)
	require.Equal(t, "https://kiosk.local:8443/#enrol=ABC", enrolURL(url, "ABC"))
	_, err = tabletURL(cfg, "window")
	require.ErrorContains(t, err, `no kiosk "window"`)
	cfg.Camera.Source = "fake"
	_, err = tabletURL(cfg, "main")
	require.ErrorContains(t, err, "camera.source is not push")
}

func TestTabletCommand(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "edge.yaml")
	require.NoError(t, os.WriteFile(file, []byte("node: gw\nshop: {id: s, name: S}\ntill: T1\ndata_dir: data\ncamera: {source: push}\nhttp: {tls_addr: '0.0.0.0:8443', allowed_hosts: [kiosk.local]}\n"), 0o600))
	var out strings.Builder
	require.NoError(t, edgeCommand(t.Context(), &out, "tablet", "--config", file))
	require.Regexp(t, `^https://kiosk\.local:8443/#enrol=[A-Z2-7]{16}\n$`, out.String())
	out.Reset()
	require.NoError(t, edgeCommand(t.Context(), &out, "tablet", "--config", file, "--forget"))
	require.Contains(t, out.String(), "0 forgotten")
}

func TestSelfSignedCertificate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cert.pem")
	now := time.Now()
	hosts := []string{"localhost", "kiosk.local", "10.0.0.2"}
	first, err := selfSigned(file, hosts, now)
	require.NoError(t, err)
	for _, host := range hosts {
		require.NoError(t, first.Leaf.VerifyHostname(host))
	}
	st, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), st.Mode().Perm(), "the key is in it")

	again, err := selfSigned(file, hosts[:2], now)
	require.NoError(t, err)
	require.Equal(t, first.Certificate, again.Certificate, "it is kept, so that tablets go on trusting it")
	for why, remake := range map[string]func() (tls.Certificate, error){
		"another name":  func() (tls.Certificate, error) { return selfSigned(file, append(hosts, "new.local"), now) },
		"a year passed": func() (tls.Certificate, error) { return selfSigned(file, hosts, now.Add(380*24*time.Hour)) },
	} {
		cert, err := remake()
		require.NoError(t, err)
		require.NotEqual(t, first.Certificate, cert.Certificate, why)
	}
	require.NoError(t, os.WriteFile(file, []byte("broken"), 0o600))
	_, err = selfSigned(file, hosts, now)
	require.NoError(t, err)

	cfg := firmwarecfg.DefaultEdge()
	cfg.HTTP.Cert, cfg.HTTP.Key = file+"x", file+"x"
	_, err = (&certificate{cfg: cfg, now: time.Now}).config()
	require.ErrorContains(t, err, "mend the files under http.cert and http.key")
}

// A certificate that was renewed counts without a restart, and one that is
// broken meanwhile ends nothing.
func TestCertificateIsRenewed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cert.pem")
	now := time.Now()
	renew := func() {
		t.Helper()
		made, err := makeSelfSigned([]string{"localhost"}, now)
		require.NoError(t, err)
		require.NoError(t, writeWhole(file, made))
	}
	cfg := firmwarecfg.DefaultEdge()
	cfg.HTTP.Cert, cfg.HTTP.Key = file, file
	var log strings.Builder
	c := &certificate{cfg: cfg, now: func() time.Time { return now }, log: slog.New(slog.NewTextHandler(&log, nil))}
	renew()
	served, err := c.config()
	require.NoError(t, err)
	serial := func() string {
		t.Helper()
		cert, err := served.GetCertificate(&tls.ClientHelloInfo{})
		require.NoError(t, err)
		return cert.Leaf.SerialNumber.String()
	}
	first := serial()
	renew()
	require.Equal(t, first, serial(), "the file is not read for every visitor")
	now = now.Add(time.Hour)
	second := serial()
	require.NotEqual(t, first, second)
	require.NoError(t, os.WriteFile(file, []byte("broken"), 0o600))
	now = now.Add(time.Hour)
	require.Equal(t, second, serial())
	require.Equal(t, second, serial())
	require.Equal(t, 1, strings.Count(log.String(), "stays in force"))
	renew()
	now = now.Add(time.Hour)
	require.NotEqual(t, second, serial())
}
