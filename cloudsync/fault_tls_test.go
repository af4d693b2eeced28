package cloudsync_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"
)

// withTLS is a Mosquitto that speaks TLS only, with a certificate of its own
// that the scene's dialers trust.
func withTLS(s *scene) network {
	t := s.t
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	text := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, text, text, key.Public(), key)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(s.dir, name)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	roots := x509.NewCertPool()
	trusted, err := x509.ParseCertificate(cert)
	require.NoError(t, err)
	roots.AddCert(trusted)
	s.tls = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	conf := []string{"certfile " + write("broker.pem", "CERTIFICATE", cert), "keyfile " + write("broker.key", "PRIVATE KEY", der)}
	if os.Getuid() == 0 {
		conf = append(conf, "user root") // or it may not read its key
	}
	return newMosquittoWith(t, conf...)
}
