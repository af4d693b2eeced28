package payment

import (
	qrcode "github.com/skip2/go-qrcode"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxVersion = 20   // of a QR code that phones still read from a screen
	minPicture = 120  // pixels
	maxPicture = 2048 // pixels
)

// Picture draws a code's text as a black and white PNG of size by size pixels,
// with the quiet zone of 4 modules. It corrects errors at level M where that
// fits, else at L.
func Picture(text string, size int) ([]byte, error) {
	const op = "payment.Picture"
	if size < minPicture || size > maxPicture {
		return nil, edge.Errorf(op, edge.Invalid, "a picture of %d pixels: want %d to %d", size, minPicture, maxPicture)
	}
	for _, level := range []qrcode.RecoveryLevel{qrcode.Medium, qrcode.Low} {
		code, err := qrcode.New(text, level)
		if err != nil || code.VersionNumber > maxVersion {
			continue
		}
		png, err := code.PNG(size)
		if err != nil {
			return nil, &edge.Error{Op: op, Kind: edge.Internal, Msg: "cannot write the picture", Err: err}
		}
		return png, nil
	}
	return nil, edge.Errorf(op, edge.TooLarge, "the text of %d characters is too long for a payment code", len(text))
}
