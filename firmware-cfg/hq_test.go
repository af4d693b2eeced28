package firmwarecfg

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const smallHQ = "public_url: https://cart.example.com\nmqtt: {url: \"mqtts://broker.example.com:8883\"}\n"

func TestOfficeHosts(t *testing.T) {
	h, err := LoadHQ(write(t, smallHQ+"office_hosts: [hq.example.com]\n"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"hq.example.com"}, h.OfficeHosts)
	h, err = LoadHQ(write(t, smallHQ), []string{"MIRRORCART_HQ_OFFICE_HOSTS=a.example,b.example"})
	require.NoError(t, err)
	require.Equal(t, []string{"a.example", "b.example"}, h.OfficeHosts)
	for _, bad := range []string{`""`, `"https://hq.example.com"`, `"hq.example.com:8091"`, `"a b"`} {
		_, err := LoadHQ(write(t, smallHQ+"office_hosts: ["+bad+"]\n"), nil)
		require.ErrorContains(t, err, "office_hosts", bad)
	}
}

func TestDatabase(t *testing.T) {
	h, err := LoadHQ(write(t, smallHQ), nil)
	require.NoError(t, err)
	url, err := h.DatabaseURL()
	require.NoError(t, err)
	require.Empty(t, url, "a file")

	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("p@ss/word\n"), 0o600))
	h, err = LoadHQ(write(t, smallHQ+"database: postgres://hq@db.example.com/hq?sslmode=verify-full\ndatabase_password_file: "+secret+"\n"), nil)
	require.NoError(t, err)
	url, err = h.DatabaseURL()
	require.NoError(t, err)
	require.Equal(t, "postgres://hq:p%40ss%2Fword@db.example.com/hq?sslmode=verify-full", url)
	h.DatabasePasswordFile += ".gone"
	_, err = h.DatabaseURL()
	require.ErrorContains(t, err, "database's password")

	h, err = LoadHQ(write(t, smallHQ), []string{"MIRRORCART_HQ_DATABASE=postgres:///hq"})
	require.NoError(t, err)
	require.Equal(t, "postgres:///hq", h.Database)
	for _, bad := range []string{"database: hq.db", "database: mysql://a/b", "database: postgres://db", "database: postgres://a:b@db/hq", "database_password_file: x"} {
		_, err := LoadHQ(write(t, smallHQ+bad+"\n"), nil)
		require.ErrorContains(t, err, "database", bad)
	}
}
