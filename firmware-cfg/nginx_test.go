package firmwarecfg

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const nginxPatience = 2 * time.Minute

// nginx is the proxy that we ship the settings of, with nothing changed but places.
type nginx struct {
	dir, plain, sealed string // the folder, and where it listens
	carts, office      http.Client
}

// nginxConf lays the settings out in a folder. behind is what it stands before.
func nginxConf(t *testing.T, behind string) *nginx {
	t.Helper()
	n := &nginx{dir: t.TempDir(), plain: freeAddr(t), sealed: freeAddr(t)}
	n.certificate(t)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("nginx", name))
		require.NoError(t, err)
		return string(text)
	}
	write := func(name, text string) {
		name = filepath.Join(n.dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	write("snippets/mirrorcart-proxy.conf", strings.NewReplacer(
		"/etc/letsencrypt/live/mirrorcart/fullchain.pem", n.dir+"/cert.pem", "/etc/letsencrypt/live/mirrorcart/privkey.pem", n.dir+"/key.pem",
		"/var/log/nginx/", n.dir+"/log-",
	).Replace(read("mirrorcart-proxy.conf")))
	conf := regexp.MustCompile(`(?m)^\tlisten \[::\].*\n`).ReplaceAllString(read("mirrorcart.conf"), "")
	write("conf.d/mirrorcart.conf", strings.NewReplacer(
		"listen 80;", "listen "+n.plain+";", "listen 443 ", "listen "+n.sealed+" ", "127.0.0.1:8090", behind, "127.0.0.1:8091", behind, "allow 10.0.0.0/8", "allow 127.0.0.2",
	).Replace(conf))
	var temp strings.Builder
	for _, of := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp.WriteString(of + "_temp_path " + n.dir + "/temp-" + of + ";\n")
	}
	write("nginx.conf", "daemon off;\npid "+n.dir+"/pid;\nerror_log "+n.dir+"/log-main;\nevents {}\nhttp {\n"+temp.String()+
		"access_log "+n.dir+"/log-access;\ninclude conf.d/*.conf;\n}\n")
	return n
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// certificate is one for both names, which the clients trust; they find the names
// where the proxy listens.
func (n *nginx) certificate(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	of := x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"cart.example.com", "hq.example.com"}, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, &of, &of, key.Public(), key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: raw}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		require.NoError(t, os.WriteFile(filepath.Join(n.dir, name), pem.EncodeToMemory(block), 0o600))
	}
	cert, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	trusted := x509.NewCertPool()
	trusted.AddCert(cert)
	from := func(ip string) http.Client {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		return http.Client{
			Timeout: nginxPatience,
			Transport: &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true,
				DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
					to := n.sealed
					if strings.HasSuffix(addr, ":80") {
						to = n.plain
					}
					return dialer.DialContext(ctx, network, to)
				},
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	n.carts, n.office = from("127.0.0.1"), from("127.0.0.2")
	t.Cleanup(n.carts.CloseIdleConnections)
	t.Cleanup(n.office.CloseIdleConnections)
}

// start has it run until the test ends.
func (n *nginx) start(t *testing.T) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(tool(t, "nginx"), "-c", n.dir+"/nginx.conf", "-e", n.dir+"/log-main")
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
		require.NoError(t, cmd.Wait())
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", n.sealed)
		if err == nil {
			c.Close()
		}
		return err == nil
	}, nginxPatience, 10*time.Millisecond, "%s", &said)
}

// asks is the answer to a request that lies about who it comes from.
func asks(t *testing.T, c *http.Client, method, url string, body io.Reader) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	for name, forged := range map[string]string{"X-Forwarded-For": "6.6.6.6", "X-Real-Ip": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Forwarded-Proto": "http"} {
		req.Header.Set(name, forged)
	}
	resp, err := c.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestNginxReadsTheProxysSettings(t *testing.T) {
	n := nginxConf(t, "127.0.0.1:9")
	conf := filepath.Join(n.dir, "conf.d/mirrorcart.conf")
	test := func() (string, bool) {
		return told(t, "nginx", "-t", "-c", n.dir+"/nginx.conf", "-e", n.dir+"/log-main")
	}
	out, ok := test()
	require.True(t, ok, out)
	text, err := os.ReadFile(conf)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(conf, bytes.Replace(text, []byte("limit_conn_zone"), []byte("limit_conns_zone"), 1), 0o644))
	_, ok = test()
	require.False(t, ok)
}

// Phones and people reach headquarters through it, and what headquarters goes by
// (who asks, over what, by which name) is the proxy's word and not theirs.
func TestTheProxyBeforeHeadquarters(t *testing.T) {
	hold := make(chan struct{})
	hq := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded"} {
			w.Header()["Seen-"+name] = r.Header.Values(name)
		}
		w.Header().Set("Seen-Host", r.Host)
		if r.URL.Path == "/live" {
			_, _ = io.WriteString(w, "data: 1\n\n") // who asked reads it, or the test fails
			_ = http.NewResponseController(w).Flush()
			<-hold
		}
		if err != nil || n > 4<<20+512<<10 {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(hq.Close)
	n := nginxConf(t, hq.Listener.Addr().String())
	n.start(t)

	const carts, office = "https://cart.example.com", "https://hq.example.com"
	for url, from := range map[string]*http.Client{carts: &n.carts, office: &n.office} {
		resp := asks(t, from, http.MethodGet, url+"/c/secret-cart", nil)
		require.Equal(t, http.StatusOK, resp.StatusCode, url)
		require.Equal(t, 2, resp.ProtoMajor)
		ip := map[string]string{carts: "127.0.0.1", office: "127.0.0.2"}[url]
		require.Equal(t, []string{ip}, resp.Header.Values("Seen-X-Forwarded-For"))
		require.Equal(t, []string{"https"}, resp.Header.Values("Seen-X-Forwarded-Proto"))
		require.Empty(t, resp.Header.Values("Seen-X-Real-Ip"))
		require.Empty(t, resp.Header.Values("Seen-Forwarded"))
		require.Equal(t, strings.TrimPrefix(url, "https://"), resp.Header.Get("Seen-Host"))
		require.Equal(t, "max-age=31536000", resp.Header.Get("Strict-Transport-Security"))
	}
	require.Equal(t, http.StatusForbidden, asks(t, &n.carts, http.MethodGet, office+"/", nil).StatusCode, "from outside headquarters' network")

	resp := asks(t, &n.carts, http.MethodGet, "http://cart.example.com/c/secret-cart?a=b", nil)
	require.Equal(t, http.StatusMovedPermanently, resp.StatusCode)
	require.Equal(t, carts+"/c/secret-cart?a=b", resp.Header.Get("Location"))

	live := asks(t, &n.carts, http.MethodGet, carts+"/live", nil)
	line, err := bufio.NewReader(live.Body).ReadString('\n')
	close(hold) // it was there before the answer was whole
	require.NoError(t, err)
	require.Equal(t, "data: 1\n", line)

	largest := strings.Repeat("x", 4<<20+300<<10) // a list of batches, cloudsync.MaxPost
	require.Equal(t, http.StatusOK, asks(t, &n.carts, http.MethodPost, carts+"/", strings.NewReader(largest)).StatusCode)
	require.Equal(t, http.StatusRequestEntityTooLarge, asks(t, &n.carts, http.MethodPost, carts+"/", strings.NewReader(largest+largest)).StatusCode)

	logs, err := filepath.Glob(n.dir + "/log-*")
	require.NoError(t, err)
	require.NotEmpty(t, logs)
	for _, log := range logs {
		text, err := os.ReadFile(log)
		require.NoError(t, err)
		require.NotContains(t, string(text), "secret-cart", log)
	}
}
