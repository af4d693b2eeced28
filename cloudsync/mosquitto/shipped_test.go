package mosquitto_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/mosquitto"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	"github.com/mirrorcart/mirrorcart/edge"
)

// patience bounds the wait for what must come.
const patience = 2 * time.Minute

// authority signs certificates into a folder.
type authority struct {
	t    *testing.T
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	last int64
}

func newAuthority(t *testing.T, name string) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.key, a.cert = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, NotAfter: time.Now().Add(time.Hour),
	})
	a.write("ca.pem", "CERTIFICATE", a.cert.Raw)
	a.revoke()
	return a
}

// sign signs what is asked for, or itself where there is no authority yet.
func (a *authority) sign(want *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	a.last++
	want.SerialNumber, want.NotBefore = big.NewInt(a.last), time.Now().Add(-2*time.Hour)
	by, with := want, key
	if a.cert != nil {
		by, with = a.cert, a.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, want, by, key.Public(), with)
	require.NoError(a.t, err)
	cert, err := x509.ParseCertificate(raw)
	require.NoError(a.t, err)
	return key, cert
}

func (a *authority) write(name, kind string, raw []byte) {
	body := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw})
	require.NoError(a.t, os.WriteFile(filepath.Join(a.dir, name), body, 0o644))
}

// broker makes the broker's own certificate.
func (a *authority) broker() {
	key, cert := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)})
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(a.t, err)
	a.write("broker.pem", "CERTIFICATE", cert.Raw)
	a.write("broker.key", "PRIVATE KEY", raw)
}

// client makes the certificate of a node or a collector.
func (a *authority) client(name string, until time.Time) tls.Certificate {
	key, cert := a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

func (a *authority) revoke(gone ...tls.Certificate) {
	list := x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	for _, c := range gone {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: c.Leaf.SerialNumber, RevocationTime: time.Now().Add(-time.Minute),
		})
	}
	raw, err := x509.CreateRevocationList(rand.Reader, &list, a.cert, a.key)
	require.NoError(a.t, err)
	a.write("revoked.pem", "X509 CRL", raw)
}

// shipped is the file that we give to those who set up a broker.
func shipped(t *testing.T, name string) string {
	b, err := os.ReadFile(filepath.Join("../../firmware-cfg/mosquitto", name))
	require.NoError(t, err)
	return string(b)
}

// chain is a broker as we ship its settings, with nothing changed but places.
type chain struct {
	*authority
	process *mosquitto.Broker
	addr    string
	log     string // the broker's, a file
}

func newChain(t *testing.T) *chain { return chainOf(t, newAuthority(t, "chain")) }

func chainOf(t *testing.T, a *authority, revoked ...tls.Certificate) *chain {
	a.broker()
	a.revoke(revoked...)
	acl, log := filepath.Join(a.dir, "acl"), filepath.Join(a.dir, "mosquitto.log")
	require.NoError(t, os.WriteFile(acl, []byte(shipped(t, "acl")), 0o600))
	// Started as root, Mosquitto becomes its own user, who may not see a test's folder.
	b, err := mosquitto.StartWith(t.Context(), func(host, port string) string {
		return strings.NewReplacer(
			"listener 8883", "user root\nlistener "+port+" "+host, "/etc/mosquitto/certs/", a.dir+"/", "/etc/mosquitto/acl", acl, "log_dest stderr", "log_dest file "+log,
		).Replace(shipped(t, "mosquitto.conf"))
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Stop()) })
	return &chain{a, b, b.Addr(), log}
}

func (c *chain) dial(t *testing.T, clientID string, s cloudsync.Session, config *tls.Config) (cloudsync.Link, error) {
	t.Helper()
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AddCert(c.cert)
	d := mqtt.Dialer{
		Broker: "ssl://" + c.addr, ClientID: clientID, TLS: config, Confirm: patience, Log: slog.New(slog.DiscardHandler),
	}
	l, err := d.Dial(t.Context(), s)
	if err == nil {
		t.Cleanup(l.Close)
	}
	return l, err
}

// join connects a node or a collector that hears filters.
func (c *chain) join(t *testing.T, name string, filters ...string) cloudsync.Link {
	t.Helper()
	return c.joinAs(t, name, name, filters...)
}

func (c *chain) joinAs(t *testing.T, name, clientID string, filters ...string) cloudsync.Link {
	t.Helper()
	cert := c.client(name, time.Now().Add(time.Hour))
	l, err := c.dial(t, clientID, cloudsync.Session{Filters: filters}, &tls.Config{Certificates: []tls.Certificate{cert}})
	require.NoError(t, err)
	return l
}

func say(t *testing.T, l cloudsync.Link, topic, payload string) {
	t.Helper()
	require.NoError(t, l.Publish(t.Context(), cloudsync.Message{Topic: topic, Payload: []byte(payload)}))
}

// hears says what comes next, on which topic.
func hears(t *testing.T, l cloudsync.Link) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case m := <-l.Messages():
		return m.Topic + " " + string(m.Payload)
	case <-ctx.Done():
		require.Fail(t, "nothing came")
		return ""
	}
}

func topic(node string, b cloudsync.Branch, l edge.Lane) string {
	return cloudsync.Topic{Node: node, Branch: b, Lane: l}.String()
}

func up(node string) string { return topic(node, cloudsync.BranchUp, edge.LaneSale) }

// What decides about speed and about what is lost stands in the file.
func TestShippedSettings(t *testing.T) {
	conf := shipped(t, "mosquitto.conf")
	for _, line := range []string{
		"set_tcp_nodelay true", "persistence false", "tls_version tlsv1.3", "require_certificate true", "allow_anonymous false",
		"use_identity_as_username true", "use_username_as_clientid true",
	} {
		require.Regexp(t, regexp.MustCompile("(?m)^"+line+"$"), conf)
	}
	require.Contains(t, conf, "\nmessage_size_limit 4194378\n")
	require.Equal(t, 4194378, cloudsync.MaxPayload, "the broker takes what the line may carry")
	require.Contains(t, conf, "\nmax_packet_size 4195402\n")
	require.Equal(t, 4195402, cloudsync.MaxPayload+1024)
}

func TestGatewayReachesItsOwnTopicsOnly(t *testing.T) {
	c := newChain(t)
	hq := c.join(t, "hq-1", "v1/#", "$SYS/#")
	other := c.join(t, "shop-2", "v1/#", "$SYS/#", "#", "$share/hq/v1/+/+/up/+", cloudsync.FilterState)
	shop := c.join(t, "shop-1", topic("shop-1", cloudsync.BranchDown, ""), topic("shop-1", cloudsync.BranchCmd, ""),
		topic("shop-1", cloudsync.BranchAck, edge.LaneSale), topic("shop-1", cloudsync.BranchDesired, ""))
	own := []string{
		up("shop-1"), topic("shop-1", cloudsync.BranchUp, cloudsync.LaneTele), topic("shop-1", cloudsync.BranchRsp, ""),
		topic("shop-1", cloudsync.BranchState, ""), topic("shop-1", cloudsync.BranchReported, ""),
	}
	for _, topic := range own {
		say(t, shop, topic, "mine")
		require.Equal(t, topic+" mine", hears(t, hq))
	}
	for _, forbidden := range []string{
		up("shop-2"), topic("shop-2", cloudsync.BranchRsp, ""), topic("shop-2", cloudsync.BranchState, ""), topic("shop-2", cloudsync.BranchReported, ""), // another's
		topic("shop-2", cloudsync.BranchDown, ""), topic("shop-2", cloudsync.BranchCmd, ""), topic("shop-2", cloudsync.BranchAck, edge.LaneSale),
		topic("shop-1", cloudsync.BranchDown, ""), topic("shop-1", cloudsync.BranchCmd, ""), topic("shop-1", cloudsync.BranchAck, edge.LaneSale), // HQ's
		topic("shop-1", cloudsync.BranchDesired, ""), topic("shop-2", cloudsync.BranchDesired, ""), "v1/38/shop-1/cfg",
		up("shop-1") + "/more", "v1", "v1/38/shop-1", "anything", "$SYS/broker/version",
	} {
		say(t, shop, forbidden, "forbidden")
	}
	say(t, shop, up("shop-1"), "after it")
	require.Equal(t, up("shop-1")+" after it", hears(t, hq), "HQ hears nothing of what is forbidden")
	for _, to := range []string{topic("shop-1", cloudsync.BranchDown, ""), topic("shop-1", cloudsync.BranchCmd, ""), topic("shop-1", cloudsync.BranchAck, edge.LaneSale), topic("shop-1", cloudsync.BranchDesired, "")} {
		say(t, hq, to, "from HQ")
		require.Equal(t, to+" from HQ", hears(t, shop), "and no message of its own comes back")
	}
	say(t, hq, topic("shop-2", cloudsync.BranchDown, ""), "yours")
	require.Equal(t, topic("shop-2", cloudsync.BranchDown, "")+" yours", hears(t, other), "of all the above it hears nothing")
}

// A name that is somebody else's puts nobody off and opens nobody's topics.
func TestTheCertificateNamesTheClient(t *testing.T) {
	c := newChain(t)
	hq := c.join(t, "hq-1", "v1/#")
	shop := c.join(t, "shop-1", topic("shop-1", cloudsync.BranchDown, ""))
	thief := c.joinAs(t, "shop-2", "shop-1", topic("shop-1", cloudsync.BranchDown, ""), topic("shop-2", cloudsync.BranchDown, ""))
	say(t, thief, up("shop-1"), "forged")
	say(t, shop, up("shop-1"), "genuine")
	require.Equal(t, up("shop-1")+" genuine", hears(t, hq))
	say(t, hq, topic("shop-1", cloudsync.BranchDown, ""), "for the shop")
	say(t, hq, topic("shop-2", cloudsync.BranchDown, ""), "for the other")
	require.Contains(t, hears(t, shop), "for the shop")
	require.Contains(t, hears(t, thief), "for the other")
}

func TestCollectorsShareTheBatches(t *testing.T) {
	c := newChain(t)
	filters := append(cloudsync.SharedFilters("hq"), cloudsync.FilterState)
	first := c.join(t, "hq-1", filters...)
	second := c.join(t, "hq-2", filters...)
	shop := c.join(t, "shop-1")
	const batches = 20
	for range batches {
		say(t, shop, up("shop-1"), "batch")
	}
	heard := map[cloudsync.Link]int{}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for heard[first]+heard[second] < batches {
		select {
		case <-first.Messages():
			heard[first]++
		case <-second.Messages():
			heard[second]++
		case <-ctx.Done():
			require.Fail(t, "batches were lost", "%v", heard)
		}
	}
	require.NotZero(t, heard[first])
	require.NotZero(t, heard[second])
	say(t, shop, topic("shop-1", cloudsync.BranchState, ""), "up")
	require.Contains(t, hears(t, first), "up")
	require.Contains(t, hears(t, second), "up", "a state reaches every collector")
}

func TestWhoIsNotLetIn(t *testing.T) {
	a := newAuthority(t, "chain")
	gone := a.client("shop-1", time.Now().Add(time.Hour))
	c := chainOf(t, a, gone)
	hour := time.Now().Add(time.Hour)
	stranger := newAuthority(t, "chain")
	dial := func(config *tls.Config) error {
		_, err := c.dial(t, "shop-1", cloudsync.Session{}, config)
		return err
	}
	with := func(cert tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{cert}} }
	for name, config := range map[string]*tls.Config{
		"no certificate":          {},
		"another authority's":     with(stranger.client("shop-1", hour)),
		"an expired one":          with(a.client("shop-1", time.Now().Add(-time.Hour))),
		"one that was taken back": with(gone),
		"an older TLS":            {Certificates: []tls.Certificate{a.client("shop-1", hour)}, MaxVersion: tls.VersionTLS12},
	} {
		err := dial(config)
		require.Equal(t, edge.Unavailable, edge.KindOf(err), name)
		refused, ok := errors.AsType[*cloudsync.RefusalError](err)
		require.Equal(t, name == "one that was taken back", ok && refused.Code == cloudsync.RefusedRevoked, "%s: %v", name, err)
	}
	plain := mqtt.Dialer{Broker: "tcp://" + c.addr, ClientID: "shop-1", Log: slog.New(slog.DiscardHandler)}
	_, err := plain.Dial(t.Context(), cloudsync.Session{})
	require.Equal(t, edge.Unavailable, edge.KindOf(err), "without TLS")
	require.NoError(t, dial(with(a.client("shop-1", hour))), "the same node with a new certificate")
}

// The log tells who came, what each listens to and who was not let in; it does not
// grow with the messages.
func TestTheLogGrowsWithConnectionsOnly(t *testing.T) {
	c := newChain(t)
	hq := c.join(t, "hq-1", "v1/#")
	shop := c.join(t, "shop-1", topic("shop-1", cloudsync.BranchDown, ""))
	_, err := c.dial(t, "shop-2", cloudsync.Session{}, &tls.Config{Certificates: []tls.Certificate{newAuthority(t, "chain").client("shop-2", time.Now().Add(time.Hour))}})
	require.Error(t, err)
	told := func() string {
		text, err := os.ReadFile(c.log)
		require.NoError(t, err)
		return string(text)
	}
	for _, line := range []string{` as shop-1 .*u'shop-1'`, `shop-1 1 v1/\d\d/shop-1/down\n`, `certificate verify failed`} {
		require.Eventually(t, func() bool { return regexp.MustCompile(line).MatchString(told()) }, patience, 10*time.Millisecond, "%s", line)
	}
	before := told()
	for range 50 {
		say(t, shop, up("shop-1"), "batch")
		hears(t, hq)
		say(t, shop, up("shop-2"), "forbidden")
	}
	c.join(t, "shop-3") // what comes before it in the log is there
	require.Eventually(t, func() bool { return strings.Contains(told(), " as shop-3 ") }, patience, 10*time.Millisecond)
	after, _, _ := strings.Cut(strings.TrimPrefix(told(), before), "New connection from")
	require.NotContains(t, after, "shop-1")
}

func TestOversizeMessages(t *testing.T) {
	c := newChain(t)
	hq := c.join(t, "hq-1", "v1/#")
	largest := bytes.Repeat([]byte("x"), cloudsync.MaxPayload)
	say(t, c.join(t, "shop-1"), up("shop-1"), string(largest))
	require.Len(t, hears(t, hq), len(up("shop-1"))+1+cloudsync.MaxPayload, "the largest that there may be")
	for _, more := range []int{1, 2000, 8 << 20} {
		sender := c.join(t, "shop-1") // the one before may have been put off
		err := sender.Publish(t.Context(), cloudsync.Message{Topic: up("shop-1"), Payload: make([]byte, cloudsync.MaxPayload+more)})
		if more > 1024 {
			require.Error(t, err, "the broker does not read it")
		}
	}
	say(t, c.join(t, "shop-1"), up("shop-1"), "small")
	require.Equal(t, up("shop-1")+" small", hears(t, hq))
}
