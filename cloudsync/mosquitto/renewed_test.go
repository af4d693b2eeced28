package mosquitto_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// shows is the certificate that the broker shows, to whoever may come.
func (c *chain) shows(t *testing.T, as tls.Certificate) *x509.Certificate {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(c.cert)
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{as}}}
	conn, err := d.DialContext(t.Context(), "tcp", c.addr)
	require.NoError(t, err)
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

// A certificate that was renewed in its folder is shown once the broker is told, and
// the connections that stand go on. Certificates that were taken back meanwhile are
// refused from then on.
func TestTheBrokerReadsARenewedCertificate(t *testing.T) {
	c := newChain(t)
	hq := c.join(t, "hq-1", "v1/+/+/up/+")
	shop := c.join(t, "shop-1")
	stolen := c.client("shop-2", time.Now().Add(time.Hour))
	come := func() error {
		_, err := c.dial(t, "shop-2", cloudsync.Session{}, &tls.Config{Certificates: []tls.Certificate{stolen}})
		return err
	}
	require.NoError(t, come())
	before := c.shows(t, stolen)
	c.authority.broker()
	c.revoke(stolen)
	require.Equal(t, before.SerialNumber, c.shows(t, stolen).SerialNumber, "nobody has told it")
	require.NoError(t, c.process.Reload())
	require.Eventually(t, func() bool { return c.shows(t, stolen).SerialNumber.Cmp(before.SerialNumber) != 0 }, patience, 20*time.Millisecond)
	require.Error(t, come())
	say(t, shop, up("shop-1"), "still there")
	require.Equal(t, up("shop-1")+" still there", hears(t, hq))
}
