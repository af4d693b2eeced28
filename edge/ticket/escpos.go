package ticket

// stripRows is how many rows go to the printer in one command: some printers
// stop at 256, and small buffers overflow.
const stripRows = 128

// The commands of ESC/POS that a job is made of.
var (
	initialise = []byte{0x1B, '@'}                   // forgets what an earlier job left behind
	kick       = []byte{0x1B, 'p', 0x00, 0x19, 0xFA} // the drawer at connector pin 2: 50 ms on, 500 ms off
	feedAndCut = []byte{0x1D, 'V', 'B', 0x00}        // up to the cutter, and almost through
	feed       = []byte{0x1B, 'd', 0x05}             // five lines, to tear off
)

// Job is a ticket with what the printer does about it.
type Job struct {
	Raster *Raster
	Cut    bool // the printer has a cutter
	Drawer bool // open the cash drawer
}

// parts are the job's bytes: the head, and one part for every strip of the
// picture, the last with the end. Between them a printer may be given time.
func (j *Job) parts() [][]byte {
	head := append([]byte{}, initialise...)
	if j.Drawer {
		head = append(head, kick...) // first: money waits in a hand
	}
	parts := [][]byte{head}
	for top := 0; top < j.Raster.height; top += stripRows {
		parts = append(parts, j.Raster.band(top, min(top+stripRows, j.Raster.height)).AppendESCPOS(nil))
	}
	end := feed
	if j.Cut {
		end = feedAndCut
	}
	return append(parts, end)
}

// AppendESCPOS appends the job's bytes.
func (j *Job) AppendESCPOS(dst []byte) []byte {
	for _, p := range j.parts() {
		dst = append(dst, p...)
	}
	return dst
}

// AppendESCPOS appends the raster as ESC/POS commands: GS v 0 (1D 76 30 00,
// bytes a row and rows as 16-bit little-endian numbers, the bits) for every
// strip of at most 128 rows. The last strip is filled up with white to a
// multiple of eight rows: some printers want that.
func (r *Raster) AppendESCPOS(dst []byte) []byte {
	for top := 0; top < r.height; top += stripRows {
		rows := min(stripRows, r.height-top)
		whole := (rows + 7) / 8 * 8
		dst = append(dst, 0x1D, 'v', '0', 0,
			byte(r.stride), byte(r.stride>>8), byte(whole), byte(whole>>8))
		dst = append(dst, r.bits[top*r.stride:(top+rows)*r.stride]...)
		dst = append(dst, make([]byte, (whole-rows)*r.stride)...)
	}
	return dst
}
