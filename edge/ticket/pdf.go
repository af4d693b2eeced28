package ticket

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"

	"github.com/mirrorcart/mirrorcart/edge"
)

// WritePDF writes the raster as a PDF of one page, as large as the paper: dots
// of 1/8 mm (ISO 32000-1, 8.9).
func (r *Raster) WritePDF(w io.Writer) error {
	const points = 72.0 / 25.4 / 8 // a dot
	var picture bytes.Buffer
	z := zlib.NewWriter(&picture)
	_, err := z.Write(r.bits)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return &edge.Error{Op: "ticket.WritePDF", Kind: edge.Internal, Msg: "cannot pack the picture", Err: err}
	}
	width, height := float64(r.width)*points, float64(r.height)*points
	page := fmt.Sprintf("q %.3f 0 0 %.3f 0 0 cm /Ticket Do Q", width, height)

	var b bytes.Buffer
	var at []int
	object := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(at)}, args...)...)
	}
	b.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Kids[3 0 R]/Count 1>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.3f %.3f]/Contents 4 0 R/Resources<</XObject<</Ticket 5 0 R>>>>>>", width, height)
	object("<</Length %d>>stream\n%s\nendstream", len(page), page)
	object("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1/Decode[1 0]/Filter/FlateDecode/Length %d>>stream\n%s\nendstream",
		r.width, r.height, picture.Len(), picture.Bytes())
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	if _, err := w.Write(b.Bytes()); err != nil {
		return &edge.Error{Op: "ticket.WritePDF", Kind: edge.Internal, Msg: "cannot write the document", Err: err}
	}
	return nil
}
