package hq

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/edge"
)

// withAuthority lets the test's HQ sign certificates.
func withAuthority(t *testing.T, g *gateway) {
	t.Helper()
	var err error
	g.hq.authority, err = authority.Create(t.TempDir(), "Test", g.hq.now())
	require.NoError(t, err)
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// asker is a machine that asks for a certificate.
type asker struct {
	t    *testing.T
	hq   *HQ
	key  ed25519.PrivateKey
	tls  *ecdsa.PrivateKey
	node string // in the request
	name string // in the CSR
}

func newAsker(t *testing.T, h *HQ, node string) *asker {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &asker{t, h, newKey(t), key, node, node}
}

func (a *asker) sealed(code string) []byte {
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: a.name}}, a.tls)
	require.NoError(a.t, err)
	body, err := json.Marshal(cloudsync.CertificateRequest{Node: a.node, Code: code, Key: publicOf(a.key), CSR: csr})
	require.NoError(a.t, err)
	return cloudsync.Seal(a.key, cloudsync.KindCertificateRequest, cloudsync.CertificateTopic(a.node), body)
}

func (a *asker) ask(holder, code string) (*x509.Certificate, error) {
	sealed, err := a.hq.Certify(a.t.Context(), holder, a.sealed(code))
	if err != nil {
		return nil, err
	}
	env, err := cloudsync.Open(sealed)
	require.NoError(a.t, err)
	require.NoError(a.t, env.Verify(a.hq.PublicKey(), cloudsync.CertificateTopic(a.node)))
	c, err := cloudsync.DecodeCertificate(env.Body)
	require.NoError(a.t, err)
	cert, err := x509.ParseCertificate(c.Certificate)
	require.NoError(a.t, err)
	return cert, nil
}

func (a *asker) refused(holder, code, why string) {
	a.t.Helper()
	_, err := a.ask(holder, code)
	require.Equal(a.t, edge.Forbidden, edge.KindOf(err), "%v", err)
	require.ErrorContains(a.t, err, why)
}

func TestACodeLetsOneMachineIn(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	ctx := t.Context()
	_, err := g.hq.MakeClaim(ctx, "shop-9", "", time.Hour)
	require.ErrorContains(t, err, "say in which shop it stands")
	_, err = g.hq.MakeClaim(ctx, "hq-3", "hanoi-9", time.Hour)
	require.ErrorContains(t, err, "collectors'")
	c, err := g.hq.MakeClaim(ctx, "shop-9", "hanoi-9", time.Hour)
	require.NoError(t, err)
	require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`, c.Code)

	a := newAsker(t, g.hq, "shop-9")
	a.refused("", "", "does not know this machine")
	a.refused("", "AAAA-AAAA-AAAA", "not known")
	a.refused("", "AAAA", "no code")
	newAsker(t, g.hq, "shop-8").refused("", c.Code, "not for shop-8")
	alias := newAsker(t, g.hq, "shop-9")
	alias.name = "hq-1"
	alias.refused("", c.Code, "hq-1")

	cert, err := a.ask("", "  "+c.Code[:4]+c.Code[5:]+" ")
	require.NoError(t, err)
	require.Equal(t, "shop-9", cert.Subject.CommonName)
	require.True(t, a.tls.PublicKey.Equal(cert.PublicKey))
	require.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, cert.ExtKeyUsage)
	require.NoError(t, cert.CheckSignatureFrom(g.hq.authority.Certificate()))
	require.WithinDuration(t, g.hq.now().Add(authority.DeviceLife), cert.NotAfter, time.Second)

	again, err := a.ask("", c.Code)
	require.NoError(t, err, "it may not have heard the answer")
	require.Equal(t, cert.Raw, again.Raw)
	newAsker(t, g.hq, "shop-9").refused("", c.Code, "used by another machine")

	// What the machine signs counts from now on.
	g.node, g.key = "shop-9", a.key
	g.newEpoch("nine")
	g.addMoves(2)
	require.EqualValues(t, 2, g.send(g.batch(1, 2)).Mark)

	list, err := g.hq.Devices(ctx)
	require.NoError(t, err)
	require.Contains(t, list, Device{Node: "shop-9", Shop: "hanoi-9", Keys: 1, Until: cert.NotAfter})

	var kept int
	require.NoError(t, g.hq.db.Read.QueryRowContext(ctx, "select count(*) from device_claim where hash = $1", []byte(c.Code)).Scan(&kept))
	require.Zero(t, kept, "the code itself is nowhere")
}

func TestACodeRunsOutAndIsReplaced(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	first, err := g.hq.MakeClaim(t.Context(), testNode, "", time.Hour)
	require.NoError(t, err)
	second, err := g.hq.MakeClaim(t.Context(), testNode, "", time.Hour)
	require.NoError(t, err)
	a := newAsker(t, g.hq, testNode)
	a.refused("", first.Code, "not known")
	now := g.hq.now
	g.hq.now = func() time.Time { return now().Add(2 * time.Hour) }
	a.refused("", second.Code, "run out")
}

func TestOfManyMachinesWithOneCodeOneGetsIn(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	c, err := g.hq.MakeClaim(t.Context(), "shop-9", "hanoi-9", time.Hour)
	require.NoError(t, err)
	var in atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		a := newAsker(t, g.hq, "shop-9")
		all.Go(func() {
			if _, err := a.ask("", c.Code); err == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, in.Load())
}

func TestCertificatesAreRenewedByCertificateOrByTheLedgersKey(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	a := newAsker(t, g.hq, testNode)
	a.key = g.key
	first, err := a.ask("", "")
	require.NoError(t, err, "HQ has known this machine's key before it had an authority")
	a.tls = newAsker(t, g.hq, testNode).tls
	second, err := a.ask(testNode, "")
	require.NoError(t, err)
	require.NotEqual(t, first.SerialNumber, second.SerialNumber)
	a.refused("shop-2", "", "shop-2 asked for a certificate of "+testNode)

	foreign := newAsker(t, g.hq, "shop-2")
	foreign.key = g.key
	foreign.refused("", "", "key is that of "+testNode)
	sealed := a.sealed("")
	sealed[len(sealed)-1] ^= 1
	_, err = g.hq.Certify(t.Context(), "", sealed)
	require.Error(t, err, "an altered byte")
}

func TestWeakKeysGetNoCertificate(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	a := newAsker(t, g.hq, testNode)
	a.key = g.key
	var err error
	a.tls, err = ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	_, err = a.ask("", "")
	require.Equal(t, edge.Invalid, edge.KindOf(err), "%v", err)
}

// A thief has the machine: what it sends is kept and does not count, until somebody
// says that it is genuine.
func TestWhatARevokedKeySignsIsSetAside(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	ctx := t.Context()
	a := newAsker(t, g.hq, testNode)
	a.key = g.key
	cert, err := a.ask("", "")
	require.NoError(t, err)
	g.addMoves(5)
	g.send(g.batch(1, 2))
	require.EqualValues(t, 2, g.stock())

	require.NoError(t, g.hq.RevokeDevice(ctx, testNode))
	require.Equal(t, edge.NotFound, edge.KindOf(g.hq.RevokeDevice(ctx, testNode)), "there is nothing left to take back")
	require.NoError(t, g.hq.Enrol(ctx, Node{Node: testNode, Shop: testShop, Key: publicOf(g.key)}))
	ack := g.send(g.batch(3, 5))
	require.EqualValues(t, 5, ack.Mark, "nothing waits behind it")
	require.True(t, ack.Revoked, "and the machine is told")
	require.EqualValues(t, 2, g.stock())
	flaws := g.flaws()
	require.Len(t, flaws, 3)
	require.Equal(t, "e1 5: revoked", flaws[0])
	found, err := g.hq.Incidents(ctx, true, 10)
	require.NoError(t, err)
	require.Equal(t, IncidentQuarantine, found[0].Kind)

	t.Run("and nothing else of it is taken", func(t *testing.T) {
		state := cloudsync.Topic{Node: testNode, Branch: cloudsync.BranchState}
		body, err := json.Marshal(cloudsync.State{V: 1, Session: "s", Up: true})
		require.NoError(t, err)
		err = g.hq.heard(ctx, state, cloudsync.Seal(g.key, cloudsync.KindState, state.String(), body))
		require.ErrorContains(t, err, string(cloudsync.RefusedRevoked))
		a.refused("", "", "taken back")
		_, err = g.hq.checkHolder(ctx, cert)
		require.Equal(t, edge.Forbidden, edge.KindOf(err))
		id := cloudsync.IDOf(publicOf(g.key))
		nodes, err := g.hq.KeysByPrefix(ctx, [3]byte(id[:3]))
		require.NoError(t, err)
		require.Empty(t, nodes, "it signs no carts")
	})
	t.Run("its certificate is on the list", func(t *testing.T) {
		text, err := g.hq.RevocationList(ctx)
		require.NoError(t, err)
		block, _ := pem.Decode(text)
		list, err := x509.ParseRevocationList(block.Bytes)
		require.NoError(t, err)
		require.NoError(t, list.CheckSignatureFrom(g.hq.authority.Certificate()))
		require.Len(t, list.RevokedCertificateEntries, 1)
		require.Equal(t, cert.SerialNumber, list.RevokedCertificateEntries[0].SerialNumber)
	})
	t.Run("the same machine cannot be claimed again", func(t *testing.T) {
		c, err := g.hq.MakeClaim(ctx, testNode, "", time.Hour)
		require.NoError(t, err)
		a.refused("", c.Code, "taken back")
		_, err = newAsker(t, g.hq, testNode).ask("", c.Code)
		require.NoError(t, err, "one with a key of its own can, and the code was not lost")
	})
	_, err = g.hq.AcceptRevoked(ctx, "shop-9")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	n, err := g.hq.AcceptRevoked(ctx, testNode)
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
	require.EqualValues(t, 5, g.stock())
	require.Empty(t, g.flaws())

	acts, err := g.hq.Accounts().Acts(ctx, 0, 10)
	require.NoError(t, err)
	var done []string
	for _, a := range acts {
		done = append(done, a.What+" "+a.Subject)
	}
	require.Equal(t, []string{"device.accept " + testNode, "device.claimed " + testNode, "device.claim " + testNode, "device.revoke " + testNode}, done)
}

// The database is put back from a backup of before a gateway was stolen: the list
// that brokers have still keeps the thief out, of headquarters too.
func TestWhatWasTakenBackIsKnownAfterARestore(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	ctx := t.Context()
	a := newAsker(t, g.hq, testNode)
	a.key = g.key
	known, err := a.ask("", "")
	require.NoError(t, err)
	a.tls = newAsker(t, g.hq, testNode).tls
	later, err := a.ask("", "")
	require.NoError(t, err)
	require.NoError(t, g.hq.RevokeDevice(ctx, testNode))
	revoked := func() *x509.RevocationList {
		text, err := g.hq.RevocationList(ctx)
		require.NoError(t, err)
		block, _ := pem.Decode(text)
		list, err := x509.ParseRevocationList(block.Bytes)
		require.NoError(t, err)
		return list
	}
	list := revoked()
	for _, q := range []string{
		"update node_key set revoked = 0", "update device_certificate set revoked = 0",
		"delete from device_certificate where serial = '" + later.SerialNumber.Text(16) + "'",
	} {
		_, err := g.hq.db.Write.ExecContext(ctx, q)
		require.NoError(t, err)
	}
	require.Empty(t, revoked().RevokedCertificateEntries)

	other, err := authority.Create(t.TempDir(), "Other", g.hq.now())
	require.NoError(t, err)
	text, err := other.RevocationList([]authority.Revoked{{Serial: known.SerialNumber, At: g.hq.now()}}, 2, g.hq.now())
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	foreign, err := x509.ParseRevocationList(block.Bytes)
	require.NoError(t, err)
	require.NoError(t, g.hq.KeepRevoked(ctx, foreign))
	require.Empty(t, revoked().RevokedCertificateEntries, "nobody else takes anything back")

	for range 2 { // the second time there is nothing to do
		require.NoError(t, g.hq.KeepRevoked(ctx, list))
		require.Len(t, revoked().RevokedCertificateEntries, 2)
	}
	for _, cert := range []*x509.Certificate{known, later} {
		_, err = g.hq.checkHolder(ctx, cert)
		require.Equal(t, edge.Forbidden, edge.KindOf(err))
	}
	a.refused("", "", "taken back")

	c, err := g.hq.MakeClaim(ctx, testNode, "", time.Hour)
	require.NoError(t, err)
	g.clock.Advance(time.Minute)
	next := newAsker(t, g.hq, testNode)
	_, err = next.ask("", c.Code)
	require.NoError(t, err)
	require.NoError(t, g.hq.KeepRevoked(ctx, list))
	_, err = next.ask("", "")
	require.NoError(t, err, "its successor stays")
}

// A code that fell into wrong hands is taken back too, where no machine has used it.
func TestACodeAloneCanBeTakenBack(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	c, err := g.hq.MakeClaim(t.Context(), "gw-new", testShop, time.Hour)
	require.NoError(t, err)
	require.NoError(t, g.hq.RevokeDevice(t.Context(), "gw-new"))
	newAsker(t, g.hq, "gw-new").refused("", c.Code, "not known")
	require.Equal(t, edge.NotFound, edge.KindOf(g.hq.RevokeDevice(t.Context(), "gw-new")))
}

// Strangers who never come to an end keep no gateway from its certificate.
func TestSlowStrangersKeepNobodyFromACertificate(t *testing.T) {
	g := newGateway(t)
	withAuthority(t, g)
	door := g.hq.DeviceDoor()
	post := func(body io.Reader) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, cloudsync.CertificatePath, body)
		r.Header.Set("Content-Type", cloudsync.CertificateType)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w.Code
	}
	var strangers sync.WaitGroup
	defer strangers.Wait()
	for range 2 * postsAtOnce {
		r, w := io.Pipe()
		strangers.Go(func() { post(r); r.Close() })
		defer w.Close()
		_, _ = w.Write([]byte{1}) // returns when it is read, or nobody reads
	}
	a := newAsker(t, g.hq, testNode)
	a.key = g.key
	require.Equal(t, http.StatusOK, post(bytes.NewReader(a.sealed(""))))
}
