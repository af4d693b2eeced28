package headquarters_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/cloudsync/identity"
	"github.com/mirrorcart/mirrorcart/cloudsync/mosquitto"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// patience bounds the wait for what must come.
const patience = 2 * time.Minute

// chain is a headquarters with an authority of its own, a Mosquitto as we ship its
// settings, and gateways, with certificates everywhere.
type chain struct {
	t      *testing.T
	dir    string
	cfg    *firmwarecfg.HQ
	config string // hq.yaml, for commands
	hq     *headquarters.Server
	broker *mosquitto.Broker
	log    locked // headquarters'
}

func newChain(t *testing.T) *chain {
	c := &chain{t: t, dir: t.TempDir()}
	c.config = filepath.Join(c.dir, "hq.yaml")
	c.write("hq.yaml", "public_url: https://cart.example.com\nmqtt:\n  url: mqtts://127.0.0.1:1\n"+c.settings())
	require.NoError(t, os.Mkdir(c.in("certs"), 0o700))
	c.run(headquarters.AuthorityCommand(), "init")
	require.FileExists(t, c.in("certs/revoked.pem"), "the broker does not start without it")
	c.run(headquarters.AuthorityCommand(), "issue", "hq-1", "--out", c.in("certs"))
	c.run(headquarters.AuthorityCommand(), "issue", "broker", "--host", "127.0.0.1", "--host", "localhost", "--out", c.in("certs"))
	c.start()
	return c
}

func (c *chain) in(name string) string { return filepath.Join(c.dir, name) }

func (c *chain) write(name, text string) {
	require.NoError(c.t, os.WriteFile(c.in(name), []byte(text), 0o600))
}

func (c *chain) settings() string {
	return fmt.Sprintf("data_dir: %s\nkey: %s\ndatabase: \"\"\ndevices:\n  dir: %s\n  revoked: %s\n",
		c.in("hq"), c.in("hq.key"), c.in("ca"), c.in("certs/revoked.pem"))
}

// run runs a command of hq with the chain's settings.
func (c *chain) run(cmd *cobra.Command, args ...string) string {
	c.t.Helper()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SetArgs(append(args, "--config", c.config))
	require.NoError(c.t, cmd.ExecuteContext(c.t.Context()), "%v", args)
	return out.String()
}

// start starts the broker, with nothing changed but places and that it tells of each
// message, and headquarters.
func (c *chain) start() {
	c.t.Helper()
	shipped := func(name string) string {
		b, err := os.ReadFile(filepath.Join("../../firmware-cfg/mosquitto", name))
		require.NoError(c.t, err)
		return string(b)
	}
	c.write("acl", shipped("acl"))
	c.hq = startLogging(c.t, slog.New(slog.NewTextHandler(&c.log, nil)), "127.0.0.1:0", func(cfg *firmwarecfg.HQ) {
		cfg.DataDir, cfg.Key = c.in("hq"), c.in("hq.key")
		cfg.Devices = firmwarecfg.Devices{
			Dir: c.in("ca"), Addr: "127.0.0.1:0", Hosts: []string{"127.0.0.1"}, Only: true, Revoked: c.in("certs/revoked.pem"),
		}
		c.cfg = cfg
		var err error
		// Started as root, Mosquitto becomes its own user, who may not see a test's folder.
		c.broker, err = mosquitto.StartWith(c.t.Context(), func(host, port string) string {
			conf := shipped("mosquitto.conf")
			require.Contains(c.t, conf, "\n#log_type debug\n")
			return strings.NewReplacer("listener 8883", "user root\nlistener "+port+" "+host, "/etc/mosquitto/certs/", c.in("certs")+"/", "/etc/mosquitto/acl", c.in("acl"),
				"log_dest stderr", "log_dest file "+c.in("mosquitto.log"), "#log_type debug", "log_type debug").Replace(conf)
		})
		require.NoError(c.t, err)
		c.t.Cleanup(func() { require.NoError(c.t, c.broker.Stop()) })
		cfg.MQTT = firmwarecfg.MQTT{URL: "mqtts://" + c.broker.Addr(), CA: c.in("certs/ca.pem"), Cert: c.in("certs/hq-1.pem"), Key: c.in("certs/hq-1.key")}
	})
}

// machine is a gateway's.
type machine struct {
	*chain
	*identity.Keeper
	line  firmwarecfg.Line
	codec *cloudsync.Codec
}

func (c *chain) machine(node string) *machine {
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(c.t, err)
	m := &machine{chain: c}
	m.line = firmwarecfg.Line{Identity: c.in(node), IngestURL: c.hq.DeviceURL(), MQTT: firmwarecfg.MQTT{URL: "mqtts://" + c.broker.Addr()}}
	m.Keeper = identity.New(identity.Config{
		Dir: m.line.Identity, URL: m.line.IngestURL, Node: node, Key: key, HQ: c.hq.DB.PublicKey(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	m.codec, err = cloudsync.NewCodec()
	require.NoError(c.t, err)
	code := regexp.MustCompile(`\w{4}-\w{4}-\w{4}`).FindString(c.run(headquarters.DeviceCommand(), "claim", node, "--shop", "hanoi-1"))
	_, err = m.Claim(c.t.Context(), code)
	require.NoError(c.t, err)
	return m
}

// dial connects as the gateway does.
func (m *machine) dial(filters ...string) (cloudsync.Link, error) {
	d, err := process.Dialer(m.line.Credentials(), m.Node, slog.New(slog.DiscardHandler))
	require.NoError(m.t, err)
	return m.join(d, filters...)
}

func (m *machine) join(d *mqtt.Dialer, filters ...string) (cloudsync.Link, error) {
	l, err := d.Dial(m.t.Context(), cloudsync.Session{Filters: filters})
	if err == nil {
		m.t.Cleanup(l.Close)
	}
	return l, err
}

// dialDoor reaches headquarters as the gateway does where there is no broker.
func (m *machine) dialDoor() (cloudsync.Link, error) {
	config, err := m.line.Credentials().TLSFor("127.0.0.1")
	require.NoError(m.t, err)
	d := https.Dialer{URL: m.line.IngestURL, Client: &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}}
	l, err := d.Dial(m.t.Context(), cloudsync.Session{})
	if err == nil {
		m.t.Cleanup(l.Close)
	}
	return l, err
}

// shut sees that a gateway can tell from an error that it was shut out.
func shut(t *testing.T, err error) {
	t.Helper()
	refused, ok := errors.AsType[*cloudsync.RefusalError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, cloudsync.RefusedRevoked, refused.Code)
}

// dialWith connects with another certificate.
func (m *machine) dialWith(cert tls.Certificate) error {
	d, err := process.Dialer(m.line.Credentials(), m.Node, slog.New(slog.DiscardHandler))
	require.NoError(m.t, err)
	d.TLS.Certificates = []tls.Certificate{cert}
	_, err = m.join(d)
	return err
}

// batch is the one event that the machine has in an epoch.
func (m *machine) batch(node, epoch string) cloudsync.Message {
	e := edge.Event{Node: node, Epoch: epoch, Lane: edge.LaneSale, Seq: 1, ID: epoch, Type: "x", Data: []byte("{}")}
	body, err := m.codec.EncodeBatch(&cloudsync.Batch{Node: node, Epoch: epoch, Lane: e.Lane, From: 1, To: 1, Hash: e.Hash(edge.Hash{}), N: 1, Events: []edge.Event{e}})
	require.NoError(m.t, err)
	topic := cloudsync.Topic{Node: node, Branch: cloudsync.BranchUp, Lane: e.Lane}.String()
	return cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(m.Key, cloudsync.KindBatch, topic, body)}
}

func ackTopic(node string) string {
	return cloudsync.Topic{Node: node, Branch: cloudsync.BranchAck, Lane: edge.LaneSale}.String()
}

// sends publishes the batch until headquarters, which may be connecting yet,
// answers, and returns what kind of answer that is.
func (m *machine) sends(l cloudsync.Link, b cloudsync.Message) cloudsync.Kind {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		require.NoError(m.t, l.Publish(ctx, b))
		select {
		case got := <-l.Messages():
			require.Equal(m.t, ackTopic(m.Node), got.Topic, "it hears nothing of others")
			env, err := cloudsync.Open(got.Payload)
			require.NoError(m.t, err)
			return env.Kind
		case <-again.C:
		case <-ctx.Done():
			require.Fail(m.t, "headquarters does not answer")
		}
	}
}

// logged waits for a line of the broker's log.
func (c *chain) logged(line string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		text, err := os.ReadFile(c.in("mosquitto.log"))
		return err == nil && regexp.MustCompile(line).Match(text)
	}, patience, 10*time.Millisecond, "%s", line)
}

func (c *chain) refusals() int {
	text, err := os.ReadFile(c.in("mosquitto.log"))
	require.NoError(c.t, err)
	return strings.Count(string(text), "certificate verify failed")
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func TestCertificatesFromTheAuthorityToTheLedger(t *testing.T) {
	c := newChain(t)
	one, two := c.machine("gw-1"), c.machine("gw-2")
	down := cloudsync.Topic{Node: "gw-2", Branch: cloudsync.BranchDown}.String()
	first, err := one.dial(ackTopic("gw-1"), ackTopic("gw-2"), down)
	require.NoError(t, err)
	second, err := two.dial(ackTopic("gw-2"))
	require.NoError(t, err)
	require.Equal(t, cloudsync.KindAck, one.sends(first, one.batch("gw-1", "e1")))
	require.Equal(t, cloudsync.KindAck, two.sends(second, two.batch("gw-2", "e1")))

	t.Run("what goes to another's topic does not arrive", func(t *testing.T) {
		forged := one.batch("gw-2", "e2")
		require.NoError(t, first.Publish(t.Context(), forged)) // the broker tells nobody
		c.logged("Denied PUBLISH from gw-1 .*" + regexp.QuoteMeta(forged.Topic))
	})
	t.Run("and who listens to it hears nothing", func(t *testing.T) {
		c.logged("gw-1 1 " + regexp.QuoteMeta(down))
		require.Equal(t, cloudsync.KindAck, two.sends(second, two.batch("gw-2", "e3")), "gw-2 is answered")
		require.Equal(t, cloudsync.KindAck, one.sends(first, one.batch("gw-1", "e3")), "and the next that gw-1 hears is its own")
	})
	t.Run("who is not let in", func(t *testing.T) {
		foreign, err := authority.Create(t.TempDir(), "Mirrorcart headquarters", time.Now())
		require.NoError(t, err)
		own, err := authority.Open(c.in("ca"))
		require.NoError(t, err)
		sign := func(a *authority.Authority, now time.Time) tls.Certificate {
			key := newKey(t)
			der, err := a.SignClient("gw-1", key.Public(), now, authority.DeviceLife)
			require.NoError(t, err)
			return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
		}
		key := newKey(t)
		server, err := own.SignServer([]string{"gw-1"}, key.Public(), time.Now(), time.Hour)
		require.NoError(t, err)
		for name, cert := range map[string]tls.Certificate{
			"another authority's":         sign(foreign, time.Now()),
			"one that has run out":        sign(own, time.Now().Add(-100*24*time.Hour)),
			"one that is not valid yet":   sign(own, time.Now().Add(100*24*time.Hour)),
			"a server's, used by a thief": {Certificate: [][]byte{server}, PrivateKey: key},
		} {
			before := c.refusals()
			require.Error(t, one.dialWith(cert), name)
			require.Eventually(t, func() bool { return c.refusals() > before }, patience, 10*time.Millisecond, name)
		}
		require.NoError(t, one.dialWith(sign(own, time.Now())), "one that is as it should be")
	})
	t.Run("the public address takes nothing of gateways", func(t *testing.T) {
		resp, err := http.Post(c.hq.PublicURL()+cloudsync.IngestPath, cloudsync.MessagesType, nil)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
	})
	t.Run("who has no certificate", func(t *testing.T) {
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // it is a stranger's
		resp, err := client.Post(c.hq.DeviceURL()+cloudsync.IngestPath, cloudsync.MessagesType, nil)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		c.acted("refused.certificate", "")
	})
	c.theft(one)
}

// theft takes a gateway's certificate back while its line stands.
func (c *chain) theft(one *machine) {
	thief, err := one.dial(ackTopic("gw-1"))
	require.NoError(c.t, err)
	_, err = one.dialDoor()
	require.NoError(c.t, err)
	c.run(headquarters.DeviceCommand(), "revoke", "gw-1")
	require.Equal(c.t, cloudsync.KindAck, one.sends(thief, one.batch("gw-1", "stolen")), "it is kept")
	flaws, err := c.hq.DB.Quarantine(c.t.Context(), 10)
	require.NoError(c.t, err)
	require.NotEmpty(c.t, flaws)
	require.Equal(c.t, [3]string{"gw-1", "stolen", "revoked"}, [3]string{flaws[0].Node, flaws[0].Epoch, flaws[0].Reason}, "and does not count")
	c.acted("refused.revoked", "gw-1")

	c.broker.Kill()
	require.NoError(c.t, c.broker.Restart(c.t.Context()))
	before := c.refusals()
	_, err = one.dial()
	shut(c.t, err)
	_, err = one.dialDoor()
	shut(c.t, err)
	require.Eventually(c.t, func() bool { return c.refusals() > before }, patience, 10*time.Millisecond)
	_, err = one.Claim(c.t.Context(), "")
	require.ErrorContains(c.t, err, "taken back")

	another := c.machine("gw-1") // a new machine takes its place
	link, err := another.dial(ackTopic("gw-1"))
	require.NoError(c.t, err)
	require.Equal(c.t, cloudsync.KindAck, another.sends(link, another.batch("gw-1", "e4")))
	require.Contains(c.t, c.run(headquarters.DeviceCommand(), "list"), "gw-1")
}

// acted waits for an act.
func (c *chain) acted(what, subject string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		acts, err := c.hq.DB.Accounts().Acts(c.t.Context(), 0, 100)
		require.NoError(c.t, err)
		return slices.ContainsFunc(acts, func(a account.Act) bool { return a.What == what && a.Subject == subject })
	}, patience, 10*time.Millisecond, what)
}

// A database that was put back from a backup does not let a thief in again.
func TestAListOfRevokedCertificatesDoesNotShrink(t *testing.T) {
	c := newChain(t)
	c.machine("gw-1")
	c.run(headquarters.DeviceCommand(), "revoke", "gw-1")
	list, err := os.ReadFile(c.in("certs/revoked.pem"))
	require.NoError(t, err)
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	c.config = c.in("restored.yaml")
	c.write("restored.yaml", "public_url: https://cart.example.com\nmqtt:\n  url: mqtts://127.0.0.1:1\n"+
		strings.Replace(c.settings(), c.in("hq")+"\n", c.in("restored")+"\n", 1)+
		fmt.Sprintf("nodes:\n  - {name: gw-2, shop: shop-1, key: %q}\n", firmwarecfg.FormatPublicKey(key)))
	c.run(headquarters.DeviceCommand(), "revoke", "gw-2") // which is not kept from it
	kept, err := os.ReadFile(c.in("certs/revoked.pem"))
	require.NoError(t, err)
	require.Equal(t, list, kept)
}
