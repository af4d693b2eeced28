package ticket

import (
	"fmt"
	"io"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Trouble is why a printer does not print, or may not have printed.
type Trouble struct {
	Reason edge.PrintReason
	Err    error // nil where the printer said so itself
}

func (t *Trouble) Error() string {
	if t.Err != nil {
		return fmt.Sprintf("printer: %s: %v", t.Reason, t.Err)
	}
	return fmt.Sprintf("printer: %s", t.Reason)
}

func (t *Trouble) Unwrap() error { return t.Err }

// replies are what a printer answers to DLE EOT 1 to 4.
type replies [4]byte

// The bits of the replies.
const (
	offline1   = 0x08
	coverOpen2 = 0x04
	paperEnd2  = 0x20
	error2     = 0x40
	faults3    = 0x08 | 0x20 | 0x40 // cutter, beyond mending, and what mends itself
	nearEnd4   = 0x0C
	paperEnd4  = 0x60
	fixedMask  = 0x93 // the bits that every reply has the same
	fixedBits  = 0x12
	maxStray   = 64 // bytes that are no reply before one
	askStatus  = "\x10\x04"
)

// reason is what keeps the printer from printing, the most telling first: a
// printer whose cover is open sees no paper either, and is offline.
func (r replies) reason() edge.PrintReason {
	switch {
	case r[1]&coverOpen2 != 0:
		return edge.PrinterCoverOpen
	case r[1]&paperEnd2 != 0 || r[3]&paperEnd4 != 0:
		return edge.PrinterPaperOut
	case r[1]&error2 != 0 || r[2]&faults3 != 0:
		return edge.PrinterFault
	case r[0]&offline1 != 0:
		return edge.PrinterOffline
	case r[3]&nearEnd4 != 0:
		return edge.PrinterPaperLow
	}
	return edge.PrinterReady
}

// prints reports whether a printer in this state prints.
func prints(why edge.PrintReason) bool {
	return why == edge.PrinterReady || why == edge.PrinterPaperLow
}

// askReplies asks for all four. What comes before a reply and is none is left
// out: printers also send by themselves.
func askReplies(rw io.ReadWriter) (replies, error) {
	var r replies
	for i := range r {
		if _, err := rw.Write([]byte{askStatus[0], askStatus[1], byte(i + 1)}); err != nil {
			return r, err
		}
		var err error
		if r[i], err = readReply(rw); err != nil {
			return r, err
		}
	}
	return r, nil
}

func readReply(r io.Reader) (byte, error) {
	var b [1]byte
	for range maxStray {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return 0, err
		}
		if b[0]&fixedMask == fixedBits {
			return b[0], nil
		}
	}
	return 0, edge.Errorf("ticket.readReply", edge.Invalid, "what the printer sends is no status")
}
