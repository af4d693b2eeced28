package firmwarecfg

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMQTTSecrets(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	ca := put("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	m := MQTT{URL: "mqtts://127.0.0.1:8883", Username: "gw", PasswordFile: put("password", "s3cret\n"), CA: ca}

	password, err := m.Password()
	require.NoError(t, err)
	require.Equal(t, "s3cret", password)

	c, err := m.TLS()
	require.NoError(t, err)
	require.EqualValues(t, tls.VersionTLS12, c.MinVersion)
	_, err = server.Certificate().Verify(x509.VerifyOptions{Roots: c.RootCAs})
	require.NoError(t, err)

	m.CA = put("empty.pem", "nothing")
	_, err = m.TLS()
	require.ErrorContains(t, err, "no certificate")
	m.CA, m.Cert, m.Key = "", filepath.Join(dir, "none"), filepath.Join(dir, "none")
	_, err = m.TLS()
	require.ErrorIs(t, err, os.ErrNotExist)

	c, err = MQTT{URL: "mqtt://127.0.0.1"}.TLS()
	require.NoError(t, err)
	require.Nil(t, c)
	_, err = MQTT{PasswordFile: filepath.Join(dir, "none")}.Password()
	require.ErrorIs(t, err, os.ErrNotExist)
}
