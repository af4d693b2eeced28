package handoff

import (
	"bytes"
	"context"
	"image/png"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	zxqr "github.com/makiuchi-d/gozxing/qrcode"
	qrcode "github.com/skip2/go-qrcode"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

const base = "https://cart.example.vn"

type release struct {
	edge.Catalogue
	version uint32
	err     error
}

func (r release) Release(context.Context) (*edge.Release, error) {
	return &edge.Release{Version: r.version}, r.err
}

func testConfig() Config {
	return Config{
		Base: base + "/", Key: testKey(1), Life: 24 * time.Hour,
		Writer:    func() edge.Writer { return gateway },
		Catalogue: release{version: 7},
		Now:       func() time.Time { return noon.Add(300 * time.Millisecond) },
	}
}

func TestLinkOpens(t *testing.T) {
	links, err := NewLinks(testConfig())
	require.NoError(t, err)
	cart := cartOf(t, 3)
	link, err := links.Link(t.Context(), cart, edge.Web)
	require.NoError(t, err)
	require.Equal(t, &edge.Link{
		App: edge.Web, Mode: edge.LinkSigned, URL: base + "/c/" + link.Token, Token: link.Token, Code: cart.Code(), CodeAt: "cart.example.vn/k", Expires: noon.Add(24 * time.Hour),
	}, link)
	o, err := Decode(link.Token, enrolled(testKey(1)), noon)
	require.NoError(t, err)
	require.Equal(t, asJSON(t, cart), asJSON(t, o.Cart))
	require.Equal(t, Meta{Writer: gateway, Release: 7, Issued: noon, Expires: link.Expires}, o.Meta)
}

func TestLinkWithoutCatalogue(t *testing.T) {
	cfg := testConfig()
	cfg.Catalogue = release{err: edge.Errorf("", edge.Unavailable, "no catalogue yet")}
	links, err := NewLinks(cfg)
	require.NoError(t, err)
	_, err = links.Link(t.Context(), cartOf(t, 1), edge.Web)
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
}

func TestNewLinksRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"no scheme": func(c *Config) { c.Base = "cart.example.vn" },
		"a query":   func(c *Config) { c.Base = "https://cart.example.vn/?a=1" },
		"a script":  func(c *Config) { c.Base = "javascript:alert(1)" },
		"no key":    func(c *Config) { c.Key = nil },
		"no life":   func(c *Config) { c.Life = 0 },
		"minutes":   func(c *Config) { c.Life = 90 * time.Minute },
		"HQ's key":  func(c *Config) { c.HQ = make([]byte, 32) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			spoil(&cfg)
			_, err := NewLinks(cfg)
			require.Equal(t, edge.Invalid, edge.KindOf(err))
		})
	}
}

func TestQRReadsBack(t *testing.T) {
	for _, lines := range []int{1, 5, 10, 20} {
		link := base + "/c/" + encode(t, cartOf(t, lines))
		picture, err := QR(link, 420)
		require.NoError(t, err)
		img, err := png.Decode(bytes.NewReader(picture))
		require.NoError(t, err)
		require.Equal(t, 420, img.Bounds().Dx())
		require.Equal(t, 420, img.Bounds().Dy())
		bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
		require.NoError(t, err)
		read, err := zxqr.NewQRCodeReader().Decode(bitmap, nil)
		require.NoError(t, err, "%d lines", lines)
		require.Equal(t, link, read.GetText())
		require.Equal(t, link, zbar(t, picture), "%d lines", lines)
	}
}

// zbar reads a picture with the zbar library, which many scanners are built on.
func zbar(t *testing.T, picture []byte) string {
	path, err := exec.LookPath("zbarimg")
	require.NoError(t, err, "this test reads QR codes with zbarimg: install the package zbar-tools")
	cmd := exec.CommandContext(t.Context(), path, "--quiet", "--raw", "--oneshot", "-Sbinary", "-Sdisable", "-Sqrcode.enable", "-")
	cmd.Stdin = bytes.NewReader(picture)
	out, err := cmd.Output()
	require.NoError(t, err, "zbarimg found no code")
	return strings.TrimSuffix(string(out), "\n")
}

func TestQRRefuses(t *testing.T) {
	link := base + "/c/" + encode(t, cartOf(t, 5))
	for _, size := range []int{-1, 0, 100, maxPNGSize + 1} {
		_, err := QR(link, size)
		require.Equal(t, edge.Invalid, edge.KindOf(err), "size %d", size)
	}
	_, err := QR(base+"/c/"+strings.Repeat("a", capacityL), 420)
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
}

// The figures that the pages and the paper are laid out for; -v prints them.
func TestTokenSizes(t *testing.T) {
	const base = "https://cart.example.com"
	release := testMeta()
	release.Release = 20261121
	link := func(n int) string {
		token, err := Encode(testKey(1), variedCart(t, n), release)
		require.NoError(t, err)
		return base + "/c/" + token
	}
	for lines, most := range map[int]int{1: 168, 3: 180, 5: 195, 10: 230} {
		t.Logf("%2d lines: link of %d characters", lines, len(link(lines)))
		require.LessOrEqual(t, len(link(lines)), most)
	}
	code, err := qrcode.New(link(3), qrcode.Medium)
	require.NoError(t, err)
	require.LessOrEqual(t, code.VersionNumber, 10)
	for name, level := range map[string]qrcode.RecoveryLevel{"M": qrcode.Medium, "L": qrcode.Low} {
		for _, version := range []int{10, 20} {
			n := 0
			for ; n < edge.MaxLines; n++ {
				code, err := qrcode.New(link(n+1), level)
				require.NoError(t, err)
				if code.VersionNumber > version {
					break
				}
			}
			t.Logf("version %d at level %s holds %d lines", version, name, n)
			require.GreaterOrEqual(t, n, 3)
		}
	}
}
