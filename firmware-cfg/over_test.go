package firmwarecfg

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLayOverKeepsWhatTheFileDoesNotName(t *testing.T) {
	h := DefaultHQ()
	h.Addr, h.OfficeAddr, h.PublicURL, h.MQTT.URL = "127.0.0.1:1", "", "http://127.0.0.1:1", "mqtt://127.0.0.1:2"
	file := filepath.Join(t.TempDir(), "hq.yaml")
	require.NoError(t, os.WriteFile(file, []byte("payment: {sepay: {key_file: sepay.key}}\n"), 0o600))
	require.NoError(t, h.LayOver(file, nil))
	require.Equal(t, "127.0.0.1:1", h.Addr)
	require.Empty(t, h.OfficeAddr)
	require.Equal(t, filepath.Join(filepath.Dir(file), "sepay.key"), h.Payment.SePay.KeyFile)

	require.NoError(t, os.WriteFile(file, []byte("pament: {}\n"), 0o600))
	require.ErrorContains(t, h.LayOver(file, nil), "pament")
}
