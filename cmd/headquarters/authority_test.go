package headquarters_test

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
)

func (c *chain) read(file string) string {
	c.t.Helper()
	b, err := os.ReadFile(c.in(file))
	require.NoError(c.t, err)
	return string(b)
}

// endsSoon puts a certificate that has ten days left in the place of one.
func (c *chain) endsSoon(name string, sign func(*authority.Authority, crypto.PublicKey, time.Time, time.Duration) ([]byte, error)) {
	c.t.Helper()
	a, err := authority.Open(c.in("ca"))
	require.NoError(c.t, err)
	block, _ := pem.Decode([]byte(c.read("certs/" + name + ".pem")))
	was, err := x509.ParseCertificate(block.Bytes)
	require.NoError(c.t, err)
	der, err := sign(a, was.PublicKey, time.Now(), 10*24*time.Hour)
	require.NoError(c.t, err)
	c.write("certs/"+name+".pem", string(authority.PEM(der)))
}

// ready waits until headquarters, which is ready, says this of the certificates.
func (c *chain) ready(says string) {
	c.t.Helper()
	base := strings.TrimSuffix(c.hq.MetricsURL(), monitor.MetricsPath)
	var why string
	require.Eventually(c.t, func() bool {
		_, body := read(c.t, base+monitor.ReadyPath)
		var r monitor.Report
		require.NoError(c.t, json.Unmarshal([]byte(body), &r))
		require.Equal(c.t, "certificates", r.Parts[2].Part)
		why = r.Parts[2].Why
		return r.OK && strings.HasPrefix(why, says) && (why == "") == (says == "")
	}, patience, 10*time.Millisecond, "%s: %s", says, why)
}

// again has the broker start again, and headquarters connect.
func (c *chain) again() {
	c.t.Helper()
	const up, down = "the line to the broker is up", "no line to the broker"
	ups, downs := c.log.count(up), c.log.count(down)
	c.broker.Kill()
	require.NoError(c.t, c.broker.Restart(c.t.Context()))
	require.Eventually(c.t, func() bool { return c.log.count(up) > ups }, patience, 10*time.Millisecond)
	require.Greater(c.t, c.log.count(down), downs)
}

// Whoever keeps headquarters running hears of certificates a month before they end,
// and the same command renews them, with the same key, while headquarters runs.
func TestCertificatesOfTheLineAreRenewed(t *testing.T) {
	c := newChain(t)
	c.ready("")
	_, figures := read(t, c.hq.MetricsURL())
	require.Contains(t, figures, `mirrorcart_certificate_end_timestamp_seconds{of="collector"}`)
	keys := c.read("certs/hq-1.key") + c.read("certs/broker.key")

	c.endsSoon("hq-1", func(a *authority.Authority, k crypto.PublicKey, now time.Time, life time.Duration) ([]byte, error) {
		return a.SignClient("hq-1", k, now, life)
	})
	c.ready("the collector's certificate holds until")
	require.Contains(t, c.run(headquarters.AuthorityCommand(), "issue", "hq-1", "--out", c.in("certs")), "cert: "+c.in("certs/hq-1.pem"))
	c.ready("")

	c.endsSoon("broker", func(a *authority.Authority, k crypto.PublicKey, now time.Time, life time.Duration) ([]byte, error) {
		return a.SignServer([]string{"127.0.0.1"}, k, now, life)
	})
	c.again()
	c.ready("the broker's certificate holds until")
	_, figures = read(t, c.hq.MetricsURL())
	require.Contains(t, figures, `mirrorcart_certificate_end_timestamp_seconds{of="broker"}`)
	out := c.run(headquarters.AuthorityCommand(), "issue", "broker", "--host", "127.0.0.1", "--out", c.in("certs"))
	require.Contains(t, out, "/etc/mosquitto/certs")
	c.again()
	c.ready("")
	require.Equal(t, keys, c.read("certs/hq-1.key")+c.read("certs/broker.key"), "the keys stay")
}

func TestWhatIsNotIssued(t *testing.T) {
	d := newDesk(t)
	t.Setenv("MIRRORCART_HQ_DEVICES_DIR", filepath.Join(d.dir, "ca"))
	issue := func(args ...string) error {
		_, err := d.runCommand(headquarters.AuthorityCommand(), "", append([]string{"issue", "--out", d.dir}, args...)...)
		return err
	}
	require.ErrorContains(t, issue("hq-1"), "make it with `hq ca init`")
	_, err := d.runCommand(headquarters.AuthorityCommand(), "", "init")
	require.NoError(t, err)
	require.ErrorAs(t, issue("broker"), &process.UsageError{}, "without a host")
	require.ErrorAs(t, issue("hq 1"), &process.UsageError{})
	for _, damaged := range []string{"", "-----BEGIN PRIVATE KEY-----\nMIA=\n-----END PRIVATE KEY-----\n"} {
		d.write("hq-1.key", damaged)
		require.ErrorContains(t, issue("hq-1"), "move it away")
	}
	require.NoFileExists(t, filepath.Join(d.dir, "hq-1.pem"))
}
