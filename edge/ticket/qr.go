package ticket

import (
	"image"

	"github.com/makiuchi-d/gozxing"
	zxing "github.com/makiuchi-d/gozxing/qrcode"
	qrcode "github.com/skip2/go-qrcode"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Print heads smear and paper fades: beyond version 10 (57 modules) or below
// half a millimetre a module, phones begin to fail.
const (
	maxVersion = 10
	capacityL  = 271 // bytes that version 10 holds at level L (ISO/IEC 18004, table 7)
	minDots    = 4   // a module
	maxDots    = 8
)

// QR draws text as a QR code in the middle of the paper, with modules as large
// as fit it (4 to 8 dots) and a quiet zone of 4 modules or more on every side.
// It corrects errors at level M while that fits version 10, else at level L.
// What fits neither is an error of kind TooLarge.
func QR(text string, paper Paper) (*Raster, error) {
	code, err := symbol(text)
	if err != nil {
		return nil, err
	}
	modules := code.Bitmap() // once, a second call would pad the data again; with the quiet zone
	n := len(modules)
	dots := min(int(paper)/n, maxDots)
	if dots < minDots {
		return nil, edge.Errorf("ticket.QR", edge.TooLarge, "a code of %d modules does not fit %d dots of paper", n, paper)
	}
	height := (n*dots + 7) / 8 * 8 // some printers want whole eights of rows
	r, err := NewRaster(paper, height)
	if err != nil {
		return nil, err
	}
	left := (int(paper) - n*dots) / 2
	for y, row := range modules {
		for x, black := range row {
			if black {
				at := image.Pt(left+x*dots, y*dots)
				r.Fill(image.Rectangle{Min: at, Max: at.Add(image.Pt(dots, dots))})
			}
		}
	}
	return r, nil
}

func symbol(text string) (*qrcode.QRCode, error) {
	const op = "ticket.QR"
	if text == "" {
		return nil, edge.Errorf(op, edge.Invalid, "there is nothing to put in the code")
	}
	for _, level := range []qrcode.RecoveryLevel{qrcode.Medium, qrcode.Low} {
		if code, err := qrcode.New(text, level); err == nil && code.VersionNumber <= maxVersion {
			return code, nil
		}
	}
	return nil, edge.Errorf(op, edge.TooLarge, "%d characters are too many for a printed code, it holds %d: show the code on the screen instead", len(text), capacityL)
}

// ReadBack reads the QR code on a raster, as a phone would read the print.
func ReadBack(r *Raster) (string, error) {
	const op = "ticket.ReadBack"
	bitmap, err := gozxing.NewBinaryBitmapFromImage(r)
	if err != nil {
		return "", &edge.Error{Op: op, Kind: edge.Internal, Msg: "cannot look at the print", Err: err}
	}
	// The print is square to the pixels: looking for a slanted code in it would
	// now and then find the wrong corners.
	straight := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	res, err := zxing.NewQRCodeReader().Decode(bitmap, straight)
	if err != nil {
		return "", &edge.Error{Op: op, Kind: edge.NotFound, Msg: "no readable code on the print", Err: err}
	}
	return res.GetText(), nil
}
