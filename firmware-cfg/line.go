package firmwarecfg

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Log is what is written to the log.
type Log struct {
	Level slog.Level `yaml:"level"` // and above
}

// MQTT is a broker and how to sign in to it.
type MQTT struct {
	URL          string `yaml:"url"`
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file" kind:"path"` // holds the password alone
	CA           string `yaml:"ca" kind:"path"`            // PEM; empty means the system's
	Cert         string `yaml:"cert" kind:"path"`          // PEM, of this machine
	Key          string `yaml:"key" kind:"path"`           // PEM, of Cert
}

// secretLimit bounds a password's or a certificate's file, in bytes.
const secretLimit = 64 << 10

// Password reads the password, "" where none is set.
func (m MQTT) Password() (string, error) {
	if m.PasswordFile == "" {
		return "", nil
	}
	b, err := readSmall(m.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("broker's password: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// TLS reads the certificates; nil where the URL's scheme is a plain one.
func (m MQTT) TLS() (*tls.Config, error) {
	u, err := url.Parse(m.URL)
	if err != nil || !slices.Contains(sealed(), u.Scheme) {
		return nil, err
	}
	return m.TLSFor(u.Hostname())
}

// TLSFor reads the certificates for another host of HQ. With a certificate of this
// machine's own it is TLS 1.3, which shows that to nobody on the way.
func (m MQTT) TLSFor(host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if m.Cert != "" {
		c.MinVersion = tls.VersionTLS13
	}
	if m.CA != "" {
		pem, err := readSmall(m.CA)
		if err != nil {
			return nil, fmt.Errorf("broker's CA: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("broker's CA: %s holds no certificate in PEM form", m.CA)
		}
	}
	if m.Cert != "" {
		pair, err := tls.LoadX509KeyPair(m.Cert, m.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate for the broker: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func plain() []string  { return []string{"mqtt", "ws"} }
func sealed() []string { return []string{"mqtts", "wss"} }

func (m MQTT) check(c *checker, at string) {
	if m.URL == "" {
		return
	}
	u, err := url.Parse(m.URL)
	if err != nil || u.Hostname() == "" || !slices.Contains(append(plain(), sealed()...), u.Scheme) {
		c.that(at+".url", false, "%q is no broker's address: use mqtts://HOST:8883, or mqtt:// for a broker on this machine", m.URL)
		return
	}
	c.that(at+".url", u.User == nil, "a password does not belong into an address: use username and password_file")
	c.that(at+".url", slices.Contains(sealed(), u.Scheme) || loopback(u.Hostname()),
		"%s:// is readable on the way to %s: use mqtts:// (plain mqtt:// is for a broker on this machine)", u.Scheme, u.Hostname())
	c.that(at+".password_file", m.PasswordFile == "" || m.Username != "", "a password without a username: set %s.username", at)
	c.that(at+".cert", (m.Cert == "") == (m.Key == ""), "%s.cert and %s.key go together: set both or neither", at, at)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// readSmall reads a file of at most secretLimit bytes.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, secretLimit+1))
	if err == nil && len(b) > secretLimit {
		err = fmt.Errorf("%s is larger than %d bytes", name, secretLimit)
	}
	return b, err
}

// hostPort says what is wrong with an address to listen at.
func hostPort(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return err
}
