package kiosk

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/datamatrix"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

// heldUp is a camera's picture, 1280 × 720 and not free of noise, of a code that
// somebody holds into its middle, or of none where writer is nil.
func heldUp(t *testing.T, writer gozxing.Writer, format gozxing.BarcodeFormat, text string, width, height int, turned bool) *image.Gray {
	t.Helper()
	g := image.NewGray(image.Rect(0, 0, 1280, 720))
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range g.Pix {
		g.Pix[i] = uint8(90 + noise.IntN(40))
	}
	if writer == nil {
		return g
	}
	code, err := writer.Encode(text, format, width, height, nil)
	require.NoError(t, err)
	const quiet = 24
	left, top := 640-code.GetWidth()/2, 360-code.GetHeight()/2
	if turned {
		left, top = 640-code.GetHeight()/2, 360-code.GetWidth()/2
	}
	for y := -quiet; y < code.GetHeight()+quiet; y++ {
		for x := -quiet; x < code.GetWidth()+quiet; x++ {
			level := 200 + noise.IntN(30)
			if x >= 0 && y >= 0 && x < code.GetWidth() && y < code.GetHeight() && code.Get(x, y) {
				level = 30 + noise.IntN(30)
			}
			if turned {
				g.SetGray(left+y, top+x, color.Gray{uint8(level)})
			} else {
				g.SetGray(left+x, top+y, color.Gray{uint8(level)})
			}
		}
	}
	return g
}

func TestCodesAreReadFromPictures(t *testing.T) {
	const link = "https://example.com/01/08939990100013"
	r := newCodeReader()
	for name, c := range map[string]struct {
		writer        gozxing.Writer
		format        gozxing.BarcodeFormat
		text          string
		width, height int
		turned        bool
		want          string
	}{
		"EAN-13":         {oned.NewEAN13Writer(), gozxing.BarcodeFormat_EAN_13, "8939990100013", 250, 120, false, "8939990100013"},
		"EAN-13, turned": {oned.NewEAN13Writer(), gozxing.BarcodeFormat_EAN_13, "8939990100013", 250, 120, true, "8939990100013"},
		"UPC-A":          {oned.NewUPCAWriter(), gozxing.BarcodeFormat_UPC_A, "036000291452", 250, 120, false, "0036000291452"},
		"EAN-8":          {oned.NewEAN8Writer(), gozxing.BarcodeFormat_EAN_8, "96385074", 200, 120, false, "96385074"},
		"QR":             {qrcode.NewQRCodeWriter(), gozxing.BarcodeFormat_QR_CODE, link, 180, 180, false, link},
		"DataMatrix":     {datamatrix.NewDataMatrixWriter(), gozxing.BarcodeFormat_DATA_MATRIX, link, 200, 200, false, link},
		"nothing":        {want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			picture := heldUp(t, c.writer, c.format, c.text, c.width, c.height, c.turned)
			require.Equal(t, c.want, r.read(picture))
		})
	}
}

func TestScanByCamera(t *testing.T) {
	f := newFixture(t, nil)
	const scan = "/kiosk/v1/session/scan"
	shown := heldUp(t, oned.NewEAN13Writer(), gozxing.BarcodeFormat_EAN_13, "8939990100013", 250, 120, false)
	f.mirror.grey = func() (*image.Gray, error) { return shown, nil }
	f.refused(edge.Conflict, "GET", scan, "")
	f.begin(false)
	f.refused(edge.Forbidden, "GET", scan, "")

	f.begin(true)
	require.JSONEq(t, `{"sku":"LIP-1"}`, f.ok("GET", scan, ""))
	require.Equal(t, make([]byte, len(shown.Pix)), shown.Pix, "the picture is kept")
	require.Equal(t, 204, f.do("GET", scan, "").Code, "nothing is held up")

	shown = heldUp(t, oned.NewEAN13Writer(), gozxing.BarcodeFormat_EAN_13, "4006381333931", 250, 120, false)
	f.refused(edge.NotFound, "GET", scan, "")
	shown = heldUp(t, qrcode.NewQRCodeWriter(), gozxing.BarcodeFormat_QR_CODE, "https://example.com/", 180, 180, false)
	f.refused(edge.Invalid, "GET", scan, "")

	f.mirror.grey = func() (*image.Gray, error) { return nil, fmt.Errorf("grey: %w", ar.ErrNotLooked) }
	require.Equal(t, 204, f.do("GET", scan, "").Code)

	// Who was wiped while their picture was read is not told what it shows.
	f.mirror.grey = func() (*image.Gray, error) {
		f.kiosk.session.finish("")
		return heldUp(t, oned.NewEAN13Writer(), gozxing.BarcodeFormat_EAN_13, "8939990100013", 250, 120, false), nil
	}
	f.refused(edge.Conflict, "GET", scan, "")
}

func TestScanByScanner(t *testing.T) {
	f := newFixture(t, nil) // nobody is there yet: a scan may begin it all
	const scan = "/kiosk/v1/scan"
	require.JSONEq(t, `{"sku":"LIP-1"}`, f.ok("POST", scan, `{"code":"8939990100013"}`))
	require.JSONEq(t, `{"sku":"LIP-1"}`, f.ok("POST", scan, `{"code":"https://example.com/01/08939990100013?17=270101"}`))
	f.refused(edge.NotFound, "POST", scan, `{"code":"4006381333931"}`)
	f.refused(edge.Invalid, "POST", scan, `{"code":"MC7K3J9XQ2T8W"}`)
	f.refused(edge.Invalid, "POST", scan, `{}`)
	f.remote = "10.9.9.9:40000"
	f.refused(edge.Forbidden, "POST", scan, `{"code":"8939990100013"}`)
}
