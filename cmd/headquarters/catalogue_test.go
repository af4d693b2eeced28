package headquarters_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// desk is a place with a headquarters' configuration.
type desk struct {
	t      *testing.T
	dir    string
	config string
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, dir: t.TempDir()}
	shopDir, err := filepath.Abs("../edge/demo/shop")
	require.NoError(t, err)
	key, err := firmwarecfg.LoadOrCreateKey(filepath.Join(d.dir, "node.key"))
	require.NoError(t, err)
	d.config = d.write("hq.yaml", fmt.Sprintf(
		"public_url: http://127.0.0.1\nmqtt: {url: \"mqtt://127.0.0.1:1\"}\ndata_dir: %s\nkey: %s/hq.key\nshop_dir: %s\nnodes:\n  - {name: node-1, shop: hue-1, key: %q}\n",
		d.dir, d.dir, shopDir, firmwarecfg.FormatPublicKey(key.Public().(ed25519.PublicKey))))
	return d
}

func (d *desk) write(name, text string) string {
	file := filepath.Join(d.dir, name)
	require.NoError(d.t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// table is the demo's product table with some texts replaced.
func (d *desk) table(name string, replace ...string) string {
	b, err := os.ReadFile("../edge/demo/shop/products.csv")
	require.NoError(d.t, err)
	text := string(b)
	for i := 0; i < len(replace); i += 2 {
		require.Contains(d.t, text, replace[i])
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return d.write(name, text)
}

// run is what hq catalogue prints when somebody answers it.
func (d *desk) run(answer string, args ...string) (string, error) {
	return d.runCommand(headquarters.CatalogueCommand(), answer, args...)
}

func (d *desk) runCommand(cmd *cobra.Command, answer string, args ...string) (string, error) {
	var out bytes.Buffer
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append(args, "--config", d.config))
	cmd.SetIn(strings.NewReader(answer))
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(d.t.Context())
	return out.String(), err
}

func (d *desk) runs(answer string, args ...string) string {
	d.t.Helper()
	out, err := d.run(answer, args...)
	require.NoError(d.t, err, "%s", out)
	return out
}

func TestACatalogueIsImportedAndTakenBack(t *testing.T) {
	d := newDesk(t)
	first := d.table("first.csv")
	out := d.runs("", "import", first)
	require.Contains(t, out, "130 added, 0 removed")
	require.Contains(t, out, "Nothing was issued", "nobody said yes")
	require.NotContains(t, d.runs("", "list"), "first.csv")
	require.Contains(t, d.runs("y\n", "import", first), "Catalogue 1 was issued to 1 gateway")
	require.Contains(t, d.runs("", "import", first), "Nothing to issue")

	second := d.table("second.csv", "329000", "349000", "#B4656A", "#B4656B", "LIP-VEL-04,", "LIP-VEL-44,")
	out = d.runs("", "import", second, "--yes")
	for _, want := range []string{
		"1 added, 1 removed, 2 changed", "329.000 ₫", "349.000 ₫ (+6.1 %)", "#B4656B", "LIP-VEL-44", "Catalogue 2 was issued",
	} {
		require.Contains(t, out, want)
	}
	out = d.runs("", "import", first, "--yes", "--effective", "2027-02-01 08:00")
	require.Contains(t, out, "Catalogue 3 was issued to 1 gateway, in force from 2027-02-01 08:00 +07")
	require.Regexp(t, `(?m)^3 .*first.csv +to come$`, d.runs("", "list"))
	require.Regexp(t, `(?m)^2 .*second.csv +in force$`, d.runs("", "list"))

	out = d.runs("", "undo", "--yes", "--to", "1")
	require.Contains(t, out, "Catalogue 3 waits to take effect on 2027-02-01 08:00 +07: this one is newer")
	require.Regexp(t, `Catalogue 4 was issued to 1 gateway, in force from .* \+07\.`, out, "by the shop's clock, whatever HQ's is")
	require.Regexp(t, `(?m)^3 +2027-02-01 08:00 \+07 +.* \+07 +first\.csv`, d.runs("", "list"))
	require.Regexp(t, `LIP-VEL-01 .*329\.000 ₫`, d.runs("", "show"))
	require.Regexp(t, `LIP-VEL-01 .*349\.000 ₫`, d.runs("", "show", "2"))
	require.Contains(t, d.runs("", "show"), "lip-silk-velvet-", "a file's name tells its content")
}

func TestWhatIsNotMeantIsWarnedOf(t *testing.T) {
	d := newDesk(t)
	d.runs("", "import", d.table("first.csv"), "--yes")
	require.NotContains(t, d.runs("", "import", d.table("a.csv", "329000", "349000")), "WARNING")
	for price, want := range map[string]string{"3290000": "3.290.000 ₫", "32900": "32.900 ₫"} {
		out := d.runs("", "import", d.table("slip.csv", "329000", price))
		require.Contains(t, out, "WARNING: the price of LIP-VEL-01 (Son lì Nhung Lụa, Đỏ gạch) goes from 329.000 ₫ to "+want+". Is that right?\n")
		require.Less(t, strings.Index(out, "WARNING"), strings.Index(out, "Issue this to all shops?"))
	}
	b, err := os.ReadFile(d.table("whole.csv"))
	require.NoError(t, err)
	looks, err := os.ReadFile("../edge/demo/shop/looks.yaml")
	require.NoError(t, err)
	var half string
	for line := range strings.Lines(string(b)) {
		if sku, _, _ := strings.Cut(line, ","); half == "" || strings.Contains(string(looks), sku) {
			half += line
		}
	}
	out := d.runs("", "import", d.write("half.csv", half))
	require.Regexp(t, "WARNING: [0-9]+ of 130 products are no longer sold", out)
}

func TestUndo(t *testing.T) {
	d := newDesk(t)
	nothing := func() {
		out, err := d.run("", "undo", "--yes")
		require.ErrorContains(t, err, "there is no catalogue before the newest one: nothing can be taken back")
		require.Empty(t, out)
	}
	nothing()
	first, second := d.table("first.csv"), d.table("second.csv", "329000", "349000")
	d.runs("", "import", first, "--yes")
	nothing()
	d.runs("", "import", second, "--yes")
	price := func(want string) { require.Regexp(t, `LIP-VEL-01 .*`+want, d.runs("", "show")) }
	price("349.000")
	require.Contains(t, d.runs("n\n", "undo"), "Nothing was issued.")
	price("349.000")
	d.runs("y\n", "undo")
	price("329.000")
	d.runs("", "undo", "--yes")
	price("349.000")
}

func TestATableWithFaultsIsNotIssued(t *testing.T) {
	d := newDesk(t)
	bad := d.table("bad.csv", "8939990100013", "8939990100014", "329000", "0", "lip-silk-velvet.svg", "gone.svg", "#B4656A", "pink")
	out, err := d.run("", "import", bad, "--yes")
	for _, want := range []string{
		"line 2, column gtin", "check digit", "line 2, column price", "line 2, column picture: file gone.svg is not there", "line 3, column colour",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, out, "issued")
	for _, args := range [][]string{
		{"import"},
		{"import", filepath.Join(d.dir, "none.csv")},
		{"import", d.table("a.csv"), "--images", filepath.Join(d.dir, "none")},
		{"import", d.table("a.csv"), "--effective", "tomorrow"},
		{"import", d.table("a.csv"), "--effective", "2001-01-01 08:00"},
		{"undo", "--yes"},
		{"show"},
		{"show", "x"},
		{"show", "7"},
	} {
		_, err := d.run("", args...)
		require.Error(t, err, "%v", args)
	}
	require.NotContains(t, d.runs("", "list"), "bad.csv")
}

func TestImagesMayLieInOneFolder(t *testing.T) {
	d := newDesk(t)
	images := filepath.Join(d.dir, "images")
	require.NoError(t, os.Mkdir(images, 0o700))
	for _, folder := range []string{"pictures", "tryon"} {
		require.NoError(t, os.CopyFS(images, os.DirFS("../edge/demo/shop/"+folder)))
	}
	require.Contains(t, d.runs("", "import", d.table("a.csv"), "--images", images, "--yes"), "Catalogue 1 was issued")
	require.NoError(t, os.Remove(filepath.Join(images, "round.svg")))
	_, err := d.run("", "import", d.table("a.csv"), "--images", images, "--yes")
	require.ErrorContains(t, err, "column asset: file round.svg is not there")
}

func TestAShopGetsItsStaff(t *testing.T) {
	d := newDesk(t)
	staff := func(args ...string) (string, error) { return d.runCommand(headquarters.StaffCommand(), "", args...) }
	const lan = "- {name: Lan, role: manager, pin_hash: \"" + edgetest.PINHash + "\"}\n"
	const bo = "- {name: Bo, role: clerk, active: false, pin_hash: \"" + edgetest.PINHash + "\"}\n"
	out, err := staff("set", "hue-1", d.write("staff.yaml", lan+bo))
	require.NoError(t, err, "%s", out)
	out, err = staff("list", "hue-1")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^Bo +clerk +false\nLan +manager +true$`, out)
	require.NotContains(t, out, "argon2id")
	for name, text := range map[string]string{
		"twice": lan + lan, "no PIN": "- {name: Lan, role: clerk}\n", "a plain PIN": "- {name: Lan, role: clerk, pin_hash: \"1234\"}\n",
		"role": "- {name: Lan, role: owner, pin_hash: \"" + edgetest.PINHash + "\"}\n", "unknown key": "- {nom: Lan}\n",
	} {
		_, err := staff("set", "hue-1", d.write("bad.yaml", text))
		require.Error(t, err, name)
	}
	_, err = staff("set", "nowhere", d.write("staff.yaml", lan))
	require.ErrorContains(t, err, "no gateway of a shop")
}
