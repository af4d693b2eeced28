package handoff

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	qrcode "github.com/skip2/go-qrcode"

	"github.com/mirrorcart/mirrorcart/edge"
)

// What a phone's camera reads from a kiosk's screen at arm's length.
const (
	maxVersion = 20  // 97 modules
	capacityL  = 858 // bytes that version 20 holds at level L (ISO/IEC 18004, table 7)
	minModule  = 2   // pixels
	maxPNGSize = 2048
)

// QR draws a link as a black and white PNG of size by size pixels, all modules
// of one whole number of pixels, with a quiet zone of 4 modules or more. It
// corrects errors at level M while that fits version 20, else at level L. A
// link that fits neither is an error of kind TooLarge.
func QR(link string, size int) ([]byte, error) {
	const op = "handoff.QR"
	code, err := symbol(link)
	if err != nil {
		return nil, err
	}
	modules := code.Bitmap() // once, a second call would pad the data again; with the quiet zone
	n := len(modules)
	if size < n*minModule || size > maxPNGSize {
		return nil, edge.Errorf(op, edge.Invalid, "a picture of %d pixels: this code needs %d to %d", size, n*minModule, maxPNGSize)
	}
	img := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	scale := size / n
	margin := (size - n*scale) / 2
	for y := range n * scale {
		row := img.Pix[(y+margin)*img.Stride+margin:]
		for x := range n * scale {
			if modules[y/scale][x/scale] {
				row[x] = 1
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Internal, Msg: "cannot write the picture", Err: err}
	}
	return b.Bytes(), nil
}

// QRVersion is how large a code QR makes of a link: from 1 (21 modules) to 20
// (97 modules).
func QRVersion(link string) (int, error) {
	code, err := symbol(link)
	if err != nil {
		return 0, err
	}
	return code.VersionNumber, nil
}

func symbol(link string) (*qrcode.QRCode, error) {
	for _, level := range []qrcode.RecoveryLevel{qrcode.Medium, qrcode.Low} {
		if code, err := qrcode.New(link, level); err == nil && code.VersionNumber <= maxVersion {
			return code, nil
		}
	}
	return nil, edge.Errorf("handoff.QR", edge.TooLarge, "the link has %d characters, a code that phones read holds %d", len(link), capacityL)
}
