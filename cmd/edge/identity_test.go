package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// certificateUntil is a file with a certificate, which runs out then, and its key.
func certificateUntil(t *testing.T, end time.Time) string {
	t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gw1"}, NotBefore: end.Add(-90 * 24 * time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, public, key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	file := filepath.Join(t.TempDir(), "machine.pem")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

func TestFiguresOfCertificates(t *testing.T) {
	soon, later := time.Now().Add(48*time.Hour).Truncate(time.Second), time.Now().Add(2400*time.Hour).Truncate(time.Second)
	cfg := firmwarecfg.DefaultEdge()
	told := func() map[string]float64 {
		all := map[string]float64{}
		certificateFigures(cfg, func(name string, value float64, labels ...string) { all[name+" "+labels[0]] = value })
		return all
	}
	require.Empty(t, told())
	cfg.HQ.Identity = t.TempDir()
	require.Empty(t, told(), "not claimed yet")
	cfg.HQ.Identity = filepath.Dir(certificateUntil(t, soon))
	cfg.HTTP.Cert = certificateUntil(t, later)
	cfg.HTTP.Key = cfg.HTTP.Cert
	const figure = "mirrorcart_certificate_end_timestamp_seconds "
	require.Equal(t, map[string]float64{figure + "headquarters": float64(soon.Unix()), figure + "browsers": float64(later.Unix())}, told())

	in := &inspection{cfg: cfg}
	_, err := in.certificates(t.Context())
	require.ErrorContains(t, err, "hq.ingest_url")
	cfg.HQ.Identity = filepath.Dir(certificateUntil(t, later))
	says, err := in.certificates(t.Context())
	require.NoError(t, err)
	require.Contains(t, says, "they hold")
}

// What root writes for the gateway is of the gateway's user: it could not read it
// otherwise.
func TestRootWritesAsTheGatewaysUser(t *testing.T) {
	const command = "TEST_OF_ROOT"
	if args := os.Getenv(command); args != "" { // this is the command, in a process of its own
		root := newRoot()
		root.SetArgs(strings.Fields(args))
		fmt.Println("it says:", root.ExecuteContext(t.Context()))
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can act as somebody else: run as root, as CI does")
	}
	const nobody = 65534
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o711)) //nolint:gosec // the other user goes through
	data := filepath.Join(dir, "data")
	require.NoError(t, os.Mkdir(data, 0o700))
	require.NoError(t, os.Chown(data, nobody, nobody))
	medium := filepath.Join(dir, "medium") // root's alone, as one that was plugged in
	require.NoError(t, os.Mkdir(medium, 0o700))
	cfg := filepath.Join(dir, "edge.yaml")
	require.NoError(t, os.WriteFile(cfg, fmt.Appendf(nil, `node: gw1
shop: {id: s1, name: One}
till: T1
data_dir: %[1]s
keys: {device: %[1]s/device.key}
hq: {mqtt: {url: 'mqtts://127.0.0.1:1'}, ingest_url: 'https://127.0.0.1:1', identity: %[1]s/identity, key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=}
`, data), 0o600))
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(data, "edge.db"), Node: "gw1", Shop: "s1", Till: "T1"})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.NoError(t, filepath.WalkDir(data, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, nobody, nobody))
	}))
	var written []string
	ownedAfter := func(command string) {
		written = nil
		require.NoError(t, filepath.WalkDir(data, func(path string, _ fs.DirEntry, err error) error {
			written = append(written, filepath.Base(path))
			require.Equal(t, nobody, ownerOf(path), "%s: %s", command, path)
			return err
		}))
	}
	for _, c := range []struct{ args, says string }{
		{"backup --config " + cfg + " --out " + medium + "/shop.db", "<nil>"},
		{"backup --config " + cfg + " --out " + data + "/backup/by/hand.db", "<nil>"},
		{"keys --key " + data + "/other.key", "<nil>"},
		{"export --all --config " + cfg + " " + medium + "/none.zst", "no such file"}, // there is no key yet
		{"claim K7QF-2M9X-8TRW --config " + cfg, "cannot be reached"},
		{"setup --config " + cfg, "<nil>"},
		{"person rotate --config " + cfg, "<nil>"},
		{"backup --config " + cfg, "<nil>"},
		{"restore --latest --config " + cfg, "<nil>"},
		{"export --all --config " + cfg + " " + medium + "/events.ndjson.zst", "<nil>"},
		{"export --all --config " + cfg + " " + data + "/events.ndjson.zst", "<nil>"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), command+"="+c.args)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "it says: ", c.args)
		require.Contains(t, string(out), c.says, c.args)
		ownedAfter(c.args)
	}
	require.Subset(t, written, []string{"device.key", "other.key", "identity", "next.key", "setup", "persons.key", "edge.db"})
}
