package kiosk

import (
	"context"
	"image"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/datamatrix"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// scanWait is how long the camera may take for a frame to read a code from.
const scanWait = time.Second

// scannedView is what a scanned code stands for.
type scannedView struct {
	SKU edge.SKU `json:"sku"`
}

// postScan finds what a scanner read, which types like a keyboard.
func (k *Kiosk) postScan(c *gin.Context) {
	var in struct {
		Code string `json:"code"`
	}
	if err := api.Bind(c, &in); err != nil {
		k.cfg.Fail(c, err)
		return
	}
	k.answerScan(c, in.Code)
}

// getScan looks for a code in what the camera sees next, of a shopper who agreed
// to it; there is no content where it shows none.
func (k *Kiosk) getScan(c *gin.Context) {
	if err := k.session.mayScan(meant(c)); err != nil {
		k.cfg.Fail(c, err)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), scanWait)
	defer cancel()
	picture, err := k.cfg.Mirror.Grey(ctx)
	if err != nil { // a replay or a lost camera: the next try may see something
		c.Status(http.StatusNoContent)
		return
	}
	text := k.codes.read(picture)
	clear(picture.Pix)
	if err := k.session.mayScan(meant(c)); err != nil { // wiped meanwhile
		k.cfg.Fail(c, err)
		return
	}
	if text == "" {
		c.Status(http.StatusNoContent)
		return
	}
	k.answerScan(c, text)
}

func (s *session) mayScan(of string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looking("kiosk.scan", of)
}

func (k *Kiosk) answerScan(c *gin.Context, text string) {
	v, err := k.scanned(c.Request.Context(), text)
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, scannedView{v.SKU})
}

func (k *Kiosk) scanned(ctx context.Context, text string) (*edge.Variant, error) {
	gtin, err := edge.ScannedGTIN(text)
	if err != nil {
		return nil, err
	}
	r, err := k.cfg.Catalogue.Release(ctx)
	if err != nil {
		return nil, err
	}
	v, ok := r.Scanned(gtin)
	if !ok {
		return nil, edge.Errorf("kiosk.scan", edge.NotFound, "this shop does not sell %s", gtin)
	}
	return v, nil
}

// codeReader reads the codes of products from pictures, one at a time.
type codeReader struct {
	mu    sync.Mutex
	lines gozxing.Reader   // bar codes, which it finds upright
	areas []gozxing.Reader // codes of squares, which it finds however they are turned
}

func newCodeReader() *codeReader {
	return &codeReader{
		lines: oned.NewMultiFormatUPCEANReader(map[gozxing.DecodeHintType]any{
			gozxing.DecodeHintType_POSSIBLE_FORMATS: []gozxing.BarcodeFormat{gozxing.BarcodeFormat_EAN_13, gozxing.BarcodeFormat_EAN_8}, // UPC-A is an EAN-13
		}),
		areas: []gozxing.Reader{qrcode.NewQRCodeReader(), datamatrix.NewDataMatrixReader()},
	}
}

// read is what a code in the picture says, empty where there is none. The picture
// is left as it is.
func (r *codeReader) read(g *image.Gray) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := g.Rect.Size()
	if text := decode(g.Pix, size.X, size.Y, r.lines, r.areas...); text != "" {
		return text
	}
	turned := make([]byte, len(g.Pix))
	defer clear(turned)
	for y := range size.Y {
		for x := range size.X {
			turned[x*size.Y+size.Y-1-y] = g.Pix[y*g.Stride+x]
		}
	}
	return decode(turned, size.Y, size.X, r.lines)
}

// decode tries reader after reader on a picture of one byte a pixel.
func decode(pix []byte, width, height int, first gozxing.Reader, more ...gozxing.Reader) string {
	source, err := gozxing.NewPlanarYUVLuminanceSource(pix, width, height, 0, 0, width, height, false)
	if err != nil {
		return ""
	}
	picture, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(source))
	if err != nil {
		return ""
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	for _, reader := range append([]gozxing.Reader{first}, more...) {
		if found, err := reader.Decode(picture, hints); err == nil {
			return found.GetText()
		}
	}
	return ""
}
