package ticket

// stripRows is how many rows go to the printer in one command: some printers
// stop at 256, and small buffers overflow.
const stripRows = 128

// AppendESCPOS appends the raster as ESC/POS commands: GS v 0 (1D 76 30 00,
// bytes a row and rows as 16-bit little-endian numbers, the bits) for every
// strip of at most 128 rows.
func (r *Raster) AppendESCPOS(dst []byte) []byte {
	for top := 0; top < r.height; top += stripRows {
		rows := min(stripRows, r.height-top)
		dst = append(dst, 0x1D, 'v', '0', 0,
			byte(r.stride), byte(r.stride>>8), byte(rows), byte(rows>>8))
		dst = append(dst, r.bits[top*r.stride:(top+rows)*r.stride]...)
	}
	return dst
}
