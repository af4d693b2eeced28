package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What root's commands write for headquarters is of the service's user, who could not
// use it otherwise; and they read what root alone may.
func TestRootWritesAsTheServicesUser(t *testing.T) {
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
	data, roots, shop := filepath.Join(dir, "data"), filepath.Join(dir, "root"), filepath.Join(dir, "shop")
	require.NoError(t, os.Mkdir(data, 0o700))
	require.NoError(t, os.Chown(data, nobody, nobody))
	require.NoError(t, os.Mkdir(roots, 0o700))
	require.NoError(t, os.CopyFS(shop, os.DirFS("../edge/demo/shop")))
	require.NoError(t, os.CopyFS(filepath.Join(roots, "spring"), os.DirFS("../edge/demo/shop")))
	write := func(name, text string) string {
		file := filepath.Join(roots, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	cfg := write("hq.yaml", fmt.Sprintf(`public_url: https://cart.example.com
mqtt: {url: 'mqtts://127.0.0.1:1'}
data_dir: %[1]s
key: %[1]s/hq.key
shop_dir: %[2]s
devices: {dir: %[1]s/ca, revoked: %[1]s/revoked.pem}
nodes:
  - {name: gw-0, shop: shop-1, key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=}
`, data, shop))
	for _, c := range []struct{ args, says string }{
		{"ca init", "The authority is in"},
		{"user add lan --role admin", "password of lan"},
		{"ca issue hq-1 --out " + data + "/certs", `belong to nobody(.|\n)*key: ` + data + "/certs/hq-1.key"},
		{"ca issue hq-1 --out " + data + "/certs", "the same command renews it"},
		{"ca issue broker --host broker.example.com --out " + roots + "/certs", "belong to root(.|\n)*chown mosquitto: broker.key"},
		{"device claim gw-1 --shop shop-1", `one machine become gw-1 of shop-1 until .* \+07`},
		{"device revoke gw-0", "gw-0 is shut out"},
		{"device list", "gw-0"},
		{"catalogue import " + roots + "/spring/products.csv --images " + roots + "/spring --yes", "Catalogue 1 was issued"},
		{"staff set shop-1 " + write("staff.yaml", "[]"), "has 0 people now"},
		{"bundle publish " + write("v1.bundle", "no bundle"), "nothing says who signs bundles"},
		{"bundle status", "KIND"},
		{"import " + write("shop.ndjson.zst", "no export"), "shop.ndjson.zst: "},
		{"rebuild", "made anew"},
		{"restored", "The shops are told"},
		{"backup " + data + "/monday.db", "bytes, whole"},
		{"backup " + roots + "/monday.db", "bytes, whole"},
		{"restore " + roots + "/monday.db", `is kept as .*hq\.db\.aside-(.|\n)*the shops send what it lacks`},
		{"person rotate", "another master key"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), command+"="+c.args+" --config "+cfg, "MIRRORCART_HQ_BUNDLE_ROOTS="+dir+"/root.json")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "it says: ", c.args)
		require.Regexp(t, c.says, string(out), c.args)
		require.NotContains(t, string(out), "permission denied", c.args)
	}
	var written []string
	require.NoError(t, filepath.WalkDir(data, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		written = append(written, filepath.Base(path))
		info, err := e.Info()
		if err == nil && info.Sys().(*syscall.Stat_t).Uid != nobody {
			err = errors.New(path + " is root's")
		}
		return err
	}))
	require.Subset(t, written, []string{"hq.db", "monday.db", "hq.key", "persons.key", "ca.key", "revoked.pem", "hq-1.key", "hq-1.pem"})
}
