package handoff

import (
	"bytes"
	"context"
	"fmt"
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
	link, expires, err := links.Link(t.Context(), cart)
	require.NoError(t, err)
	require.Equal(t, noon.Add(24*time.Hour), expires)
	token, ok := strings.CutPrefix(link, base+"/c/")
	require.True(t, ok, link)
	o, err := Decode(token, enrolled(testKey(1)), noon)
	require.NoError(t, err)
	require.Equal(t, asJSON(t, cart), asJSON(t, o.Cart))
	require.Equal(t, Meta{Writer: gateway, Release: 7, Expires: expires}, o.Meta)
}

func TestLinkWithoutCatalogue(t *testing.T) {
	cfg := testConfig()
	cfg.Catalogue = release{err: edge.Errorf("", edge.Unavailable, "no catalogue yet")}
	links, err := NewLinks(cfg)
	require.NoError(t, err)
	_, _, err = links.Link(t.Context(), cartOf(t, 1))
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
}

func TestNewLinksRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"no scheme": func(c *Config) { c.Base = "cart.example.vn" },
		"a query":   func(c *Config) { c.Base = "https://cart.example.vn/?a=1" },
		"a script":  func(c *Config) { c.Base = "javascript:alert(1)" },
		"no key":    func(c *Config) { c.Key = nil },
		"no life":   func(c *Config) { c.Life = 0 },
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
	_, err := QR(base+"/c/"+encode(t, cartOf(t, 60)), 420)
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
	fit := mostLines(t, capacityL)
	require.ErrorContains(t, err, fmt.Sprintf("%d lines of this cart fit", fit))
	_, err = QR(base+"/c/"+encode(t, cartOf(t, fit)), 420)
	require.NoError(t, err, "as many lines as the message says")
	_, err = QR(base+"/c/"+encode(t, cartOf(t, fit+1)), 420)
	require.Error(t, err)
}

// mostLines is how many lines a link of at most limit bytes carries.
func mostLines(t *testing.T, limit int) int {
	n := 0
	for len(base+"/c/"+encode(t, cartOf(t, n+1))) <= limit {
		n++
	}
	return n
}

// The figures that the pages and the paper are laid out for; -v prints them.
func TestTokenSizes(t *testing.T) {
	for lines, most := range map[int]int{1: 168, 5: 243, 10: 338} {
		token := encode(t, cartOf(t, lines))
		t.Logf("%2d lines: %d characters, link %d", lines, len(token), len(base+"/c/"+token))
		require.LessOrEqual(t, len(token), most)
	}
	for name, level := range map[string]qrcode.RecoveryLevel{"M": qrcode.Medium, "L": qrcode.Low} {
		for _, version := range []int{10, 20} {
			n := 0
			for {
				code, err := qrcode.New(base+"/c/"+encode(t, cartOf(t, n+1)), level)
				require.NoError(t, err)
				if code.VersionNumber > version {
					break
				}
				n++
			}
			t.Logf("version %d at level %s holds %d lines", version, name, n)
			require.Positive(t, n)
		}
	}
}
