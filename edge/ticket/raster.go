package ticket

import (
	"image"
	"image/color"
	"image/png"
	"io"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Paper is the width of the printing, in dots of 1/8 mm (203 dpi).
type Paper int

// The papers in use.
const (
	Paper80 Paper = 576 // 80 mm roll, 72 mm printed
	Paper58 Paper = 384 // 58 mm roll, 48 mm printed
)

// maxHeight is six metres of paper: the receipt of the longest cart is shorter.
const maxHeight = 48000

// Raster is a bitmap for a printer: white at first, dots are set black. It is
// an image.Image, so whatever reads pictures can look at it.
type Raster struct {
	width, height int
	stride        int    // bytes a row
	bits          []byte // rows from the top, most significant bit left, 1 is black
}

// NewRaster makes a white raster as wide as the paper.
func NewRaster(paper Paper, height int) (*Raster, error) {
	const op = "ticket.NewRaster"
	if paper != Paper80 && paper != Paper58 {
		return nil, edge.Errorf(op, edge.Invalid, "paper of %d dots: want %d (80 mm) or %d (58 mm)", paper, Paper80, Paper58)
	}
	if height < 1 || height > maxHeight {
		return nil, edge.Errorf(op, edge.Invalid, "a print of %d rows: want 1 to %d", height, maxHeight)
	}
	stride := int(paper) / 8
	return &Raster{int(paper), height, stride, make([]byte, stride*height)}, nil
}

// Fill blackens a rectangle; what lies outside the raster is cut off.
func (r *Raster) Fill(area image.Rectangle) {
	area = area.Intersect(r.Bounds())
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := r.bits[y*r.stride : (y+1)*r.stride]
		for x := area.Min.X; x < area.Max.X; x++ {
			row[x/8] |= 0x80 >> (x % 8)
		}
	}
}

// Black reports whether the dot is set.
func (r *Raster) Black(x, y int) bool {
	return image.Pt(x, y).In(r.Bounds()) && r.bits[y*r.stride+x/8]&(0x80>>(x%8)) != 0
}

// band is the rows from top to bottom, without a copy.
func (r *Raster) band(top, bottom int) *Raster {
	return &Raster{r.width, bottom - top, r.stride, r.bits[top*r.stride : bottom*r.stride]}
}

// Bounds is the raster's size, in dots.
func (r *Raster) Bounds() image.Rectangle { return image.Rect(0, 0, r.width, r.height) }

// ColorModel is that of black and white.
func (r *Raster) ColorModel() color.Model { return color.GrayModel }

// At is black where the dot is set, else white.
func (r *Raster) At(x, y int) color.Color {
	if r.Black(x, y) {
		return color.Gray{}
	}
	return color.Gray{Y: 255}
}

// WritePNG writes the raster as a picture, a pixel a dot.
func (r *Raster) WritePNG(w io.Writer) error {
	img := image.NewPaletted(r.Bounds(), color.Palette{color.White, color.Black})
	for y := range r.height {
		for x := range r.width {
			if r.Black(x, y) {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	if err := png.Encode(w, img); err != nil {
		return &edge.Error{Op: "ticket.WritePNG", Kind: edge.Internal, Msg: "cannot write the picture", Err: err}
	}
	return nil
}
