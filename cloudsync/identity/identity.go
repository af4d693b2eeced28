// Package identity is a gateway's certificate, by which the broker and HQ know it.
// Its key is made on the machine and never leaves it. A code that HQ made for the
// node, typed once, gets the first certificate; later ones are asked for with the
// one before or, where that has run out, with the key that the ledger is signed
// with. Who answers is known by HQ's key alone.
package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// The files in Config.Dir: the authority's certificate; the machine's certificate
// with its key, in one file so that both change at once; and the key of one that
// has been asked for.
const (
	AuthorityFile = "ca.pem"
	MachineFile   = "machine.pem"
	nextFile      = "next.key"
)

const (
	lookEvery = time.Hour   // at the certificate's age
	tryAgain  = time.Minute // to renew one that has run out
	// soon is how long before its end a certificate that was not renewed is a fault.
	soon = 14 * 24 * time.Hour
)

// Config says whose certificate it is. All is needed.
type Config struct {
	Dir  string // of its files; made where it is not there
	URL  string // HQ's door for gateways, https://HOST:PORT
	Node string
	Key  ed25519.PrivateKey // signs the ledger, and the questions for certificates
	HQ   ed25519.PublicKey  // signs the answers
	Now  func() time.Time
	Log  *slog.Logger
}

// Keeper gets a gateway's certificate and keeps it fresh.
type Keeper struct {
	Config
	refused atomic.Pointer[edge.Error] // HQ's answer to Run, where it renews no more
}

// New makes a Keeper; Run starts it.
func New(c Config) *Keeper { return &Keeper{Config: c} }

// Claim gets this machine's certificate, with the code that HQ made for its node,
// and without one where HQ knows the machine's key. It returns when the certificate
// runs out. What went wrong is said in words for who typed the code; an edge.Error
// of kind Forbidden says that this code will never do.
func (k *Keeper) Claim(ctx context.Context, code string) (until time.Time, err error) {
	const op = "identity.Claim"
	if code != "" {
		if _, ok := cloudsync.PlainClaim(code); !ok {
			return time.Time{}, edge.Errorf(op, edge.Forbidden, "%q is no code: it has twelve letters and digits, such as K7QF-2M9X-8TRW", code)
		}
	}
	cert, err := k.obtain(ctx, code)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", op, err)
	}
	return cert.NotAfter, nil
}

// Run renews the certificate once two thirds of its life are over, until ctx is
// done. Where there is none yet, that is for Claim.
func (k *Keeper) Run(ctx context.Context) error {
	for {
		wait := lookEvery
		leaf, err := k.Certificate()
		if due := err == nil && k.due(leaf); due || err != nil && !errors.Is(err, fs.ErrNotExist) {
			switch cert, err := k.obtain(ctx, ""); {
			case err == nil:
				k.refused.Store(nil)
				k.Log.InfoContext(ctx, "the machine's certificate was renewed", "until", cert.NotAfter)
			case ctx.Err() == nil:
				k.Log.WarnContext(ctx, "the machine's certificate could not be renewed, trying again", "err", err)
				if told, ok := errors.AsType[*edge.Error](err); ok && told.Kind == edge.Forbidden {
					k.refused.Store(told)
				}
				if leaf == nil || k.Now().After(leaf.NotAfter) {
					wait = tryAgain
				}
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

func (k *Keeper) due(leaf *x509.Certificate) bool {
	life := leaf.NotAfter.Sub(leaf.NotBefore)
	return k.Now().After(leaf.NotBefore.Add(life * 2 / 3))
}

// Trouble is what a person should know of the certificate: "" while it holds for
// long enough.
func (k *Keeper) Trouble() string {
	leaf, err := k.Certificate()
	refused := k.refused.Load()
	switch {
	case err == nil && refused != nil && k.due(leaf):
		return "the machine's certificate ends on " + leaf.NotAfter.Format(time.DateOnly) + ", and headquarters does not renew it: " + refused.Msg
	case errors.Is(err, fs.ErrNotExist):
		return "this machine has no certificate yet: have a code made at headquarters, and claim the machine with it"
	case err != nil:
		return "the machine's certificate is damaged: " + err.Error()
	case k.Now().After(leaf.NotAfter):
		return "the machine's certificate ran out on " + leaf.NotAfter.Format(time.DateOnly) + ": it is renewed as soon as headquarters answers"
	case k.Now().Add(soon).After(leaf.NotAfter):
		return "the machine's certificate runs out on " + leaf.NotAfter.Format(time.DateOnly) + ", and headquarters does not renew it"
	}
	return ""
}

// Certificate is the one that the machine has. Its error wraps fs.ErrNotExist where
// it has none.
func (k *Keeper) Certificate() (*x509.Certificate, error) {
	pair, err := k.pair()
	return pair.Leaf, err
}

func (k *Keeper) pair() (tls.Certificate, error) {
	text, err := os.ReadFile(filepath.Join(k.Dir, MachineFile))
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(text, text)
}

// obtain asks HQ for a certificate and puts it in place.
func (k *Keeper) obtain(ctx context.Context, code string) (*x509.Certificate, error) {
	if err := os.MkdirAll(k.Dir, 0o700); err != nil {
		return nil, err
	}
	key, err := k.nextKey()
	if err != nil {
		return nil, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: k.Node}}, key)
	if err != nil {
		return nil, err
	}
	answer, err := k.ask(ctx, &cloudsync.CertificateRequest{Node: k.Node, Code: code, Key: k.Key.Public().(ed25519.PublicKey), CSR: csr})
	if err != nil {
		return nil, err
	}
	cert, err := k.check(answer, key)
	if err != nil {
		return nil, err
	}
	return cert, k.keep(answer, key)
}

// nextKey is the key to be certified: the one of a question whose answer was not
// heard, or a new one. It is on the disk before HQ hears of it.
func (k *Keeper) nextKey() (*ecdsa.PrivateKey, error) {
	at := filepath.Join(k.Dir, nextFile)
	if text, err := os.ReadFile(at); err == nil {
		if block, _ := pem.Decode(text); block != nil {
			if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				if key, ok := key.(*ecdsa.PrivateKey); ok {
					return key, nil
				}
			}
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	text, err := keyPEM(key)
	if err != nil {
		return nil, err
	}
	return key, write(at, text)
}

func keyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// check sees that the answer is what was asked for.
func (k *Keeper) check(answer *cloudsync.Certificate, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	const op = "identity.check"
	cert, err := x509.ParseCertificate(answer.Certificate)
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "headquarters' answer holds no certificate", Err: err}
	}
	authority, err := x509.ParseCertificate(answer.Authority)
	if err == nil {
		err = cert.CheckSignatureFrom(authority)
	}
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "the certificate is not of the authority that came with it", Err: err}
	}
	if answer.Node != k.Node || cert.Subject.CommonName != k.Node || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, edge.Errorf(op, edge.Invalid, "headquarters sent a certificate of %s, for another key or name than was asked for", cert.Subject.CommonName)
	}
	return cert, nil
}

// keep puts a certificate in place: the authority first, which is good for the
// certificate before too.
func (k *Keeper) keep(answer *cloudsync.Certificate, key *ecdsa.PrivateKey) error {
	text, err := keyPEM(key)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(k.Dir, AuthorityFile), certificatePEM(answer.Authority)); err != nil {
		return err
	}
	if err := write(filepath.Join(k.Dir, MachineFile), append(certificatePEM(answer.Certificate), text...)); err != nil {
		return err
	}
	return os.Remove(filepath.Join(k.Dir, nextFile))
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// write writes a file that its owner alone may read, whole or not at all.
func write(file string, text []byte) error {
	dir := filepath.Dir(file)
	f, err := os.CreateTemp(dir, "."+filepath.Base(file)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
