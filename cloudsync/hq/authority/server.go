package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"sync"
	"time"
)

// ServerTLS is TLS 1.3 of a server that clients call by one of hosts, with a
// certificate that lives in memory and is made anew in time. A client may show a
// certificate of the authority; one of anybody else, or that has run out, ends the
// connection.
func (a *Authority) ServerTLS(hosts []string, now func() time.Time) (*tls.Config, error) {
	s := &server{authority: a, hosts: hosts, now: now}
	if _, err := s.get(nil); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, GetCertificate: s.get, Time: now,
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: a.Pool(),
	}, nil
}

// server has the certificate of a server.
type server struct {
	authority *Authority
	hosts     []string
	now       func() time.Time

	mu   sync.Mutex
	cert *tls.Certificate
	made time.Time
}

func (s *server) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.cert != nil && now.Sub(s.made).Abs() < DeviceLife/2 {
		return s.cert, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := s.authority.SignServer(s.hosts, key.Public(), now, DeviceLife)
	if err != nil {
		return nil, err
	}
	s.cert, s.made = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, now
	return s.cert, nil
}
