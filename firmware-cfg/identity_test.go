package firmwarecfg

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeyIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "device.key")
	first, err := LoadOrCreateKey(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	again, err := LoadOrCreateKey(path)
	require.NoError(t, err)
	require.True(t, first.Equal(again))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left beside the key")
}

func TestKeyOfTwoStartsAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "device.key")
	keys := make([]ed25519.PrivateKey, 8)
	errs := make([]error, len(keys))
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() { keys[i], errs[i] = LoadOrCreateKey(path) })
	}
	wg.Wait()
	for i := range keys {
		require.NoError(t, errs[i])
		require.True(t, keys[0].Equal(keys[i]))
	}
}

func TestKeyRefused(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(other)
	require.NoError(t, err)
	ec := pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der})

	for name, c := range map[string]struct {
		text []byte
		mode os.FileMode
		want string
	}{
		"readable by others": {ec, 0o640, "chmod 600"},
		"empty":              {nil, 0o600, "not one private key"},
		"not PEM":            {[]byte("secret"), 0o600, "not one private key"},
		"two keys":           {append(ec, ec...), 0o600, "not one private key"},
		"damaged":            {pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: []byte("x")}), 0o600, "damaged"},
		"another kind":       {ec, 0o600, "not an Ed25519 key"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "device.key")
			require.NoError(t, os.WriteFile(path, c.text, 0o600))
			require.NoError(t, os.Chmod(path, c.mode))
			_, err := LoadOrCreateKey(path)
			require.ErrorContains(t, err, c.want)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, len(c.text), len(after), "the file is untouched")
		})
	}
}

func TestPublicKeyText(t *testing.T) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	back, err := ParsePublicKey(FormatPublicKey(public))
	require.NoError(t, err)
	require.True(t, public.Equal(back))
	for _, bad := range []string{"", "11qY", FormatPublicKey(public) + "AA", "not base64!"} {
		_, err := ParsePublicKey(bad)
		require.Error(t, err)
	}
}
