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

func TestPartitions(t *testing.T) {
	for text, want := range map[string][]int{"": nil, "7": {7}, "0-3": {0, 1, 2, 3}, "63,0-1, 1": {0, 1, 63}} {
		h, err := LoadHQ(write(t, smallHQ+"partitions: \""+text+"\"\n"), nil)
		require.NoError(t, err)
		list, err := h.PartitionList()
		require.NoError(t, err)
		require.Equal(t, want, list, text)
	}
	for _, bad := range []string{"64", "-1", "3-1", "a", "1,,2", "0-64"} {
		_, err := LoadHQ(write(t, smallHQ+"partitions: \""+bad+"\"\n"), nil)
		require.ErrorContains(t, err, "partitions", bad)
	}
}

func TestWebhooks(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("0123456789abcdef\n"), 0o600))
	h, err := LoadHQ(write(t, smallHQ+"webhooks:\n  - {name: erp, url: \"https://erp.example.com/x\", secret_file: "+secret+", events: [sale.recorded]}\n"), nil)
	require.NoError(t, err)
	require.Len(t, h.Webhooks, 1)
	got, err := h.Webhooks[0].Secret()
	require.NoError(t, err)
	require.Equal(t, "0123456789abcdef", string(got))
	t.Setenv("ERP_SECRET", "fedcba9876543210")
	w := Webhook{Name: "erp", SecretEnv: "ERP_SECRET"}
	got, err = w.Secret()
	require.NoError(t, err)
	require.Equal(t, "fedcba9876543210", string(got))
	w.SecretEnv = "ERP_NOTHING"
	_, err = w.Secret()
	require.ErrorContains(t, err, "ERP_NOTHING")
	for _, bad := range []string{
		"{name: erp, url: \"https://erp.example.com\"}",
		"{name: erp, url: \"http://erp.example.com\", secret_env: X}",
		"{name: erp, url: \"\", secret_env: X}",
		"{name: E, url: \"https://erp.example.com\", secret_env: X}",
		"{name: erp, url: \"https://erp.example.com\", secret_env: X, secret_file: y}",
	} {
		_, err := LoadHQ(write(t, smallHQ+"webhooks:\n  - "+bad+"\n"), nil)
		require.ErrorContains(t, err, "webhooks[0]", bad)
	}
}
