package hq

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// askedAgain is how long the same question for a certificate has the same answer.
const askedAgain = 24 * time.Hour

// errNoAuthority says that certificates are made elsewhere.
var errNoAuthority = edge.Errorf("hq.Certify", edge.Unavailable, "this headquarters signs no certificates: make an authority with `hq ca init`")

// Certify answers an envelope of KindCertificateRequest with one of
// KindCertificate. holder is the node of the certificate with which it came, or
// empty: then the proof is the key that the ledger is signed with, which counts
// for more, so that a gateway which was off for months gets back by itself. A
// refusal is an edge.Error of kind Forbidden or Invalid, or a RefusalError.
func (h *HQ) Certify(ctx context.Context, holder string, sealed []byte) ([]byte, error) {
	const op = "hq.Certify"
	if h.authority == nil {
		return nil, errNoAuthority
	}
	env, err := cloudsync.Open(sealed)
	if err != nil {
		return nil, err
	}
	if env.Kind != cloudsync.KindCertificateRequest {
		return nil, edge.Errorf(op, edge.Invalid, "envelope kind %d asks for no certificate", env.Kind)
	}
	r, err := cloudsync.DecodeCertificateRequest(env.Body)
	if err != nil {
		return nil, err
	}
	if err := env.Verify(r.Key, cloudsync.CertificateTopic(r.Node)); err != nil {
		return nil, err
	}
	csr, err := checkCSR(r)
	if err != nil {
		return nil, err
	}
	if holder != "" && holder != r.Node {
		return nil, edge.Errorf(op, edge.Forbidden, "%s asked for a certificate of %s", holder, r.Node)
	}
	var der []byte
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		if r.Code != "" {
			if err := h.claim(ctx, tx, r); err != nil {
				return err
			}
		}
		if err := knows(ctx, tx, r); err != nil {
			return err
		}
		der, err = h.certificateFor(ctx, tx, r.Node, csr)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("certificate signed", "node", r.Node, "claimed", r.Code != "", "by_certificate", holder != "")
	h.changed.tell(struct{}{})
	return h.sealCertificate(cloudsync.CertificateTopic(r.Node), &cloudsync.Certificate{Node: r.Node, Certificate: der})
}

// AuthorityCertificate is the authority's certificate, signed by HQ.
func (h *HQ) AuthorityCertificate() ([]byte, error) {
	if h.authority == nil {
		return nil, errNoAuthority
	}
	return h.sealCertificate(cloudsync.AuthorityTopic, &cloudsync.Certificate{})
}

func (h *HQ) sealCertificate(topic string, c *cloudsync.Certificate) ([]byte, error) {
	c.Authority = h.authority.Certificate().Raw
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return cloudsync.Seal(h.key, cloudsync.KindCertificate, topic, body), nil
}

// checkCSR sees that the key to be certified is held by who asks, and asked for
// under the node's name.
func checkCSR(r *cloudsync.CertificateRequest) (*x509.CertificateRequest, error) {
	const op = "hq.checkCSR"
	csr, err := x509.ParseCertificateRequest(r.CSR)
	if err == nil {
		err = csr.CheckSignature()
	}
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "the request for a certificate (PKCS #10) is damaged", Err: err}
	}
	if csr.Subject.CommonName != r.Node {
		return nil, edge.Errorf(op, edge.Forbidden, "%s asked for a certificate with the name %.64q", r.Node, csr.Subject.CommonName)
	}
	return csr, nil
}

// knows sees that the key which signed the request is the node's, and in force.
func knows(ctx context.Context, tx *sql.Tx, r *cloudsync.CertificateRequest) error {
	const op = "hq.knows"
	id := cloudsync.IDOf(r.Key)
	var node string
	var revoked int64
	err := tx.QueryRowContext(ctx, "select node, revoked from node_key where key_id = $1", id[:]).Scan(&node, &revoked)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return edge.Errorf(op, edge.Forbidden, "headquarters does not know this machine: have a code made for it, and claim it with that")
	case err != nil:
		return err
	case node != r.Node:
		return edge.Errorf(op, edge.Forbidden, "this machine's key is that of %s, not of %s", node, r.Node)
	case revoked != 0:
		return edge.Errorf(op, edge.Forbidden, "this machine's key was taken back: move the file of keys.device away there, so that it makes a new one, and claim it with a code that was made since")
	}
	return nil
}

// certificateFor signs a certificate, or finds the one it signed a short while ago
// for the same key: the answer was not heard.
func (h *HQ) certificateFor(ctx context.Context, tx *sql.Tx, node string, csr *x509.CertificateRequest) ([]byte, error) {
	now := h.now()
	tlsKey := sha256.Sum256(csr.RawSubjectPublicKeyInfo)
	var der []byte
	err := tx.QueryRowContext(ctx, `select der from device_certificate
		where node = $1 and tls_key = $2 and revoked = 0 and made > $3 order by made desc limit 1`,
		node, tlsKey[:], now.Add(-askedAgain).UnixMilli()).Scan(&der)
	if !errors.Is(err, sql.ErrNoRows) {
		return der, err
	}
	if der, err = h.authority.SignClient(node, csr.PublicKey, now, authority.DeviceLife); err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `insert into device_certificate (serial, node, tls_key, der, made, expires) values ($1, $2, $3, $4, $5, $6)`,
		cert.SerialNumber.Text(16), node, tlsKey[:], der, now.UnixMilli(), cert.NotAfter.UnixMilli())
	return der, err
}

// checkHolder sees that a gateway's certificate, whose authority and time TLS has
// checked, was not taken back, and returns its node.
func (h *HQ) checkHolder(ctx context.Context, cert *x509.Certificate) (node string, err error) {
	const op = "hq.checkHolder"
	node = cert.Subject.CommonName
	var revoked int64
	err = h.db.Read.QueryRowContext(ctx, "select revoked from device_certificate where serial = $1", cert.SerialNumber.Text(16)).Scan(&revoked)
	if errors.Is(err, sql.ErrNoRows) { // HQ may have been restored from a backup; what it knows of the node's keys counts all the same
		err = nil
	}
	if err == nil && revoked != 0 {
		err = edge.Errorf(op, edge.Forbidden, "the certificate of %s was taken back on %s", node, database.Time(revoked).UTC().Format(time.DateOnly))
	}
	return node, err
}

// RevocationList is the list of the certificates that were taken back, PEM.
func (h *HQ) RevocationList(ctx context.Context) ([]byte, error) {
	const op = "hq.RevocationList"
	if h.authority == nil {
		return nil, errNoAuthority
	}
	var list []authority.Revoked
	const q = "select serial, revoked from device_certificate where revoked > 0 order by revoked, serial"
	err := database.Select(ctx, h.db.Read, q).Each(func(rows *sql.Rows) error {
		var serial string
		var at int64
		if err := rows.Scan(&serial, &at); err != nil {
			return err
		}
		n, ok := new(big.Int).SetString(serial, 16)
		if !ok {
			return edge.Errorf(op, edge.Internal, "a certificate's number is %q", serial)
		}
		list = append(list, authority.Revoked{Serial: n, At: database.Time(at)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return h.authority.RevocationList(list, int64(len(list))+1, h.now())
}

// KeepRevoked takes back what a list that RevocationList made before says was taken
// back, where the database, put back from a backup, does not know of it: the
// certificates, and of nodes that they are known to be of also the keys, as it was
// then. A list of another authority says nothing.
func (h *HQ) KeepRevoked(ctx context.Context, list *x509.RevocationList) error {
	const op = "hq.KeepRevoked"
	if h.authority == nil {
		return errNoAuthority
	}
	if list.CheckSignatureFrom(h.authority.Certificate()) != nil {
		return nil
	}
	n := 0
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		n = 0
		for _, e := range list.RevokedCertificateEntries {
			fresh, err := h.revokeAgain(ctx, tx, e.SerialNumber.Text(16), e.RevocationTime)
			if err != nil {
				return err
			}
			if fresh {
				n++
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if n > 0 {
		h.log.Warn("certificates had been taken back of which the database did not know: it came from a backup. "+
			"Take back again what was lost since that was made: `hq device list` shows which gateways have keys in force", "audit", true, "certificates", n)
		h.changed.tell(struct{}{})
	}
	return nil
}

// revokeAgain takes back a certificate, and what its node had when that was done
// before; fresh says that it was not known.
func (h *HQ) revokeAgain(ctx context.Context, tx *sql.Tx, serial string, at time.Time) (fresh bool, err error) {
	var node string
	var revoked int64
	err = tx.QueryRowContext(ctx, "select node, revoked from device_certificate where serial = $1", serial).Scan(&node, &revoked)
	switch {
	case errors.Is(err, sql.ErrNoRows): // whose it was is not known any more
		const q = `insert into device_certificate (serial, node, tls_key, der, made, expires, revoked) values ($1, '', $2, $2, $3, $4, $3)`
		_, err = tx.ExecContext(ctx, q, serial, []byte{}, at.UnixMilli(), h.authority.Certificate().NotAfter.UnixMilli())
		return true, err
	case err != nil || revoked != 0:
		return false, err
	}
	until := at.Add(time.Second).UnixMilli() // a list has whole seconds
	if _, err := tx.ExecContext(ctx, "update device_certificate set revoked = $1 where node = $2 and revoked = 0 and made < $3", at.UnixMilli(), node, until); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, "update device_certificate set revoked = $1 where serial = $2", at.UnixMilli(), serial); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, "update node_key set revoked = $1 where node = $2 and revoked = 0 and added < $3", at.UnixMilli(), node, until); err != nil {
		return false, err
	}
	return true, h.noteDevice(ctx, tx, "device.revoke", node, "by the list of revoked certificates")
}
