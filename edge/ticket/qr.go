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
	// MaxLink is how many bytes a printed code holds: version 10 at level L
	// (ISO/IEC 18004, table 7).
	MaxLink = 271

	maxVersion = 10
	minModules = 21 // those of version 1
	minDots    = 4  // a module
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
	m, err := newModules(code, paper)
	if err != nil {
		return nil, err
	}
	r, err := NewRaster(paper, (m.side()+7)/8*8)
	if err != nil {
		return nil, err
	}
	m.draw(r, 0)
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
	return nil, edge.Errorf(op, edge.TooLarge, "%d characters are too many for a printed code, it holds %d: show the code on the screen instead", len(text), MaxLink)
}

// ReadBack reads the QR code on a ticket, as a phone would read the print.
func ReadBack(r *Raster) (string, error) {
	for top := 0; top < r.height; {
		bottom := top
		for bottom < r.height && !blank(r.bits[bottom*r.stride:(bottom+1)*r.stride]) {
			bottom++
		}
		if bottom-top >= minModules*minDots { // no line of text is as high
			if text, err := decodeQR(r.band(top, bottom)); err == nil {
				return text, nil
			}
		}
		top = bottom + 1
	}
	return "", edge.Errorf("ticket.ReadBack", edge.NotFound, "no readable code on the print")
}

func blank(row []byte) bool {
	for _, b := range row {
		if b != 0 {
			return false
		}
	}
	return true
}

// decodeQR reads a code that stands alone: there is none without a black dot in
// every row.
func decodeQR(r *Raster) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(r)
	if err != nil {
		return "", err
	}
	// The print is square to the pixels: looking for a slanted code in it would
	// now and then find the wrong corners.
	straight := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	res, err := zxing.NewQRCodeReader().Decode(bitmap, straight)
	if err != nil {
		return "", err
	}
	return res.GetText(), nil
}

// modules are a QR code's, with its quiet zone of 4 on every side.
type modules struct {
	rows  [][]bool
	dots  int // a module
	paper Paper
}

// newModules fits a code onto the paper, with modules as large as it allows.
func newModules(code *qrcode.QRCode, paper Paper) (*modules, error) {
	m := &modules{rows: code.Bitmap(), paper: paper} // once, a second call would pad the data again
	m.dots = min(int(paper)/len(m.rows), maxDots)
	if m.dots < minDots {
		return nil, edge.Errorf("ticket.QR", edge.TooLarge, "a code of %d modules does not fit %d dots of paper", len(m.rows), paper)
	}
	return m, nil
}

// side is the length of one, in dots.
func (m *modules) side() int { return len(m.rows) * m.dots }

// draw draws the code in the middle of the paper, below top.
func (m *modules) draw(r *Raster, top int) {
	left := (int(m.paper) - m.side()) / 2
	for y, row := range m.rows {
		for x, black := range row {
			if black {
				at := image.Pt(left+x*m.dots, top+y*m.dots)
				r.Fill(image.Rectangle{Min: at, Max: at.Add(image.Pt(m.dots, m.dots))})
			}
		}
	}
}
