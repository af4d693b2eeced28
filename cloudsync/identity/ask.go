package identity

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const askWithin = 30 * time.Second

// ask sends a question for a certificate and returns the answer, which HQ signed.
func (k *Keeper) ask(ctx context.Context, r *cloudsync.CertificateRequest) (*cloudsync.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*askWithin)
	defer cancel()
	authority, err := k.authority(ctx)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: x509.NewCertPool(), Time: k.Now}
	c.RootCAs.AddCert(authority)
	if pair, err := k.pair(); err == nil && r.Code == "" && k.Now().Before(pair.Leaf.NotAfter) {
		c.Certificates = []tls.Certificate{pair}
	}
	topic := cloudsync.CertificateTopic(k.Node)
	return k.exchange(ctx, c, http.MethodPost, cloudsync.CertificatePath, topic, cloudsync.Seal(k.Key, cloudsync.KindCertificateRequest, topic, body))
}

// authority asks for the authority's certificate. It is HQ's signature that vouches
// for it, not the line: this is how a machine which trusts nobody yet begins, with
// nothing but HQ's key.
func (k *Keeper) authority(ctx context.Context) (*x509.Certificate, error) {
	anyone := &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true} //nolint:gosec // the answer is signed
	answer, err := k.exchange(ctx, anyone, http.MethodGet, cloudsync.AuthorityPath, cloudsync.AuthorityTopic, nil)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(answer.Authority)
}

// exchange asks HQ's door, and opens what it says.
func (k *Keeper) exchange(ctx context.Context, c *tls.Config, method, path, topic string, body []byte) (*cloudsync.Certificate, error) {
	const op = "identity.Ask"
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(k.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", cloudsync.CertificateType)
	transport := &http.Transport{TLSClientConfig: c, Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if dated, ok := errors.AsType[x509.CertificateInvalidError](err); ok && dated.Reason == x509.Expired {
		const minute = "2006-01-02 15:04 UTC"
		return nil, &edge.Error{Op: op, Kind: edge.Unavailable, Err: err, Msg: fmt.Sprintf("this machine's clock says %s, and headquarters' certificate holds from %s to %s: set the clock",
			k.Now().UTC().Format(minute), dated.Cert.NotBefore.UTC().Format(minute), dated.Cert.NotAfter.UTC().Format(minute))}
	}
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "headquarters cannot be reached at " + k.URL, Err: err}
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, cloudsync.MaxCertificate))
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "headquarters' answer breaks off", Err: err}
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp.StatusCode, said)
	}
	env, err := cloudsync.Open(said)
	if err == nil {
		err = env.Verify(k.HQ, topic)
	}
	if err == nil && env.Kind != cloudsync.KindCertificate {
		err = fmt.Errorf("envelope kind %d", env.Kind)
	}
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Forbidden, Msg: "what answers at " + k.URL + " is not the headquarters whose key is hq.key", Err: err}
	}
	return cloudsync.DecodeCertificate(env.Body)
}

// refusal is what HQ says when it gives no certificate.
func refusal(status int, said []byte) error {
	const op = "identity.Ask"
	var told struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(said, &told) != nil || told.Error.Message == "" {
		return edge.Errorf(op, edge.Unavailable, "headquarters signs no certificates there: status %d", status)
	}
	kind := edge.Unavailable
	if status == http.StatusForbidden || status == http.StatusBadRequest {
		kind = edge.Forbidden
	}
	return edge.Errorf(op, kind, "%.300s", told.Error.Message)
}
