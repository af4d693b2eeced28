package shopdir_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
)

// demo is the demo shop's folder, in memory so that a test may spoil it.
func demo(t *testing.T) fstest.MapFS {
	m := fstest.MapFS{}
	dir := os.DirFS("../edge/demo/shop")
	require.NoError(t, fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(dir, name)
		m[name] = &fstest.MapFile{Data: b}
		return err
	}))
	return m
}

func TestFaults(t *testing.T) {
	edit := func(name, old, new string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			s := string(m[name].Data)
			if !strings.Contains(s, old) {
				panic(name + " does not hold " + old)
			}
			m[name] = &fstest.MapFile{Data: []byte(strings.Replace(s, old, new, 1))}
		}
	}
	for name, tc := range map[string]struct {
		spoil func(fstest.MapFS)
		want  string
	}{
		"no settings":           {func(m fstest.MapFS) { delete(m, "shop.yaml") }, "shop.yaml"},
		"no products":           {func(m fstest.MapFS) { delete(m, "products.csv") }, "products.csv"},
		"unknown key":           {edit("shop.yaml", "timezone:", "timezon:"), "timezon"},
		"no such zone":          {edit("shop.yaml", "Asia/Ho_Chi_Minh", "Asia/Nowhere"), "Asia/Nowhere"},
		"this machine's zone":   {edit("shop.yaml", "Asia/Ho_Chi_Minh", "Local"), "name the shop's"},
		"bad accent":            {edit("shop.yaml", "'#B4436C'", "rose"), "write a colour as #RRGGBB"},
		"bad theme":             {edit("shop.yaml", "kiosk: light", "kiosk: dim"), "use light or dark"},
		"unknown language":      {edit("shop.yaml", "language: vi", "language: fr"), "use vi, en or zh"},
		"missing logo":          {edit("shop.yaml", "logo: logo.svg", "logo: sign.svg"), "file sign.svg is not there"},
		"missing model":         {edit("shop.yaml", "model: model.jpg", "model: nobody.jpg"), "brand.model: file nobody.jpg is not there"},
		"logo out of the shop":  {edit("shop.yaml", "logo: logo.svg", "logo: ../logo.svg"), "name a file of the folder pictures"},
		"bad id":                {edit("shop.yaml", "id: nang-mai-q1", "id: Nắng Mai"), "use 1 to 40 of a-z"},
		"missing picture":       {func(m fstest.MapFS) { delete(m, "pictures/lip-silk-velvet.svg") }, "lip-silk-velvet.svg"},
		"missing shape":         {func(m fstest.MapFS) { delete(m, "tryon/round.svg") }, "round.svg"},
		"look without a name":   {edit("looks.yaml", "en: Everyday, ", ""), "look 1 (everyday): name in en"},
		"look of nothing sold":  {edit("looks.yaml", "sku: LIP-PEA-02", "sku: LIP-PEA-99"), `look 1 (everyday): item 5: no product has the SKU "LIP-PEA-99"`},
		"look of two lipsticks": {edit("looks.yaml", "sku: CHK-CRM-01", "sku: LIP-VEL-01"), "worn in the same place"},
		"look of skin care":     {edit("looks.yaml", "sku: CHK-CRM-01", "sku: CAR-HON-01"), "its column tryon is empty"},
		"look, unknown key":     {edit("looks.yaml", "intensity: 40", "strength: 40"), "strength"},
		"bad price":             {edit("products.csv", "329000", "a lot"), "line 2, column price"},
	} {
		t.Run(name, func(t *testing.T) {
			m := demo(t)
			tc.spoil(m)
			_, err := shopdir.Read(m)
			require.ErrorContains(t, err, tc.want)
		})
	}
}
