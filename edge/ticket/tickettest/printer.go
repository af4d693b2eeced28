// Package tickettest is a receipt printer for tests: it takes ESC/POS over TCP
// or any other stream, puts the pictures together again as they would come out
// on paper, and can be made to fail as printers do.
package tickettest

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"sync"

	"github.com/mirrorcart/mirrorcart/edge/ticket"
)

// Faults are how a printer fails. Its zero value is one that works.
type Faults struct {
	PaperOut, PaperLow, CoverOpen, Offline, CutterFault bool

	Silent      bool // it answers nothing
	Babbles     bool // it sends bytes that nobody asked for, some like replies
	CloseAfter  int  // bytes of a connection, then it hangs up; 0 for never
	OutAfter    int  // rows of a picture, then the paper ends; 0 for never
	DropEvery   int  // it loses every such byte, as when its memory overflows; 0 for none
	StallsAfter int  // bytes of a connection, then it takes no more; 0 for never
}

// Paper is what came out between two cuts.
type Paper struct {
	Raster  *ticket.Raster // nil where there was no picture
	Cut     bool
	Garbage []byte // bytes that the printer took for text
}

// Printer is a test's printer. It takes one connection at a time.
type Printer struct {
	mu      sync.Mutex
	faults  Faults
	papers  []Paper
	strips  []*ticket.Raster // of the paper that is in the printer now
	garbage []byte
	kicks   int
	sent    []byte // all that came in, of the last connection
	free    *sync.Cond
}

// New makes a printer that is connected to nothing.
func New() *Printer {
	p := &Printer{}
	p.free = sync.NewCond(&p.mu)
	return p
}

// Listen makes a printer at a free port of this machine, for the test's time.
func Listen(t interface {
	Helper()
	Fatal(args ...any)
	Cleanup(f func())
},
) (p *Printer, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p = New()
	var wg sync.WaitGroup
	var open sync.Map
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, nil)
			wg.Go(func() { p.Serve(c); open.Delete(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.Fail(Faults{})
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
		wg.Wait()
	})
	return p, "tcp://" + l.Addr().String()
}

// Fail makes the printer fail, or work again. New paper goes on where the old
// ended.
func (p *Printer) Fail(f Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = f
	p.free.Broadcast()
}

// Papers are those that came out.
func (p *Printer) Papers() []Paper {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Paper{}, p.papers...)
}

// Kicks is how often the drawer was opened.
func (p *Printer) Kicks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kicks
}

// Sent is all that the last connection sent.
func (p *Printer) Sent() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]byte{}, p.sent...)
}

// Serve takes one connection's bytes until it ends.
func (p *Printer) Serve(c io.ReadWriteCloser) {
	defer c.Close()
	p.mu.Lock()
	p.sent = nil
	p.mu.Unlock()
	in := &line{p: p, c: c}
	in.r = bufio.NewReaderSize(in, 512)
	for {
		if err := p.command(in.r, c); err != nil {
			p.mu.Lock()
			if !errors.Is(err, io.EOF) && !errors.Is(err, errHangUp) && !errors.Is(err, net.ErrClosed) {
				p.garbage = append(p.garbage, []byte(fmt.Sprintf("<%v>", err))...)
			}
			p.mu.Unlock()
			return
		}
	}
}

var errHangUp = errors.New("the printer hangs up")

// line is a connection with its faults.
type line struct {
	p *Printer
	c io.Reader
	r *bufio.Reader
	n int
}

func (l *line) Read(b []byte) (int, error) {
	n, err := l.c.Read(b[:min(len(b), 256)])
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	kept := 0
	for i := range n {
		l.n++
		l.p.sent = append(l.p.sent, b[i])
		switch f := l.p.faults; {
		case f.CloseAfter > 0 && l.n > f.CloseAfter:
			return 0, errHangUp
		case f.DropEvery > 0 && l.n%f.DropEvery == 0:
			continue
		}
		for l.p.faults.StallsAfter > 0 && l.n > l.p.faults.StallsAfter {
			l.p.free.Wait()
		}
		b[kept] = b[i]
		kept++
	}
	return kept, err
}

const (
	lf, dle, esc, gs, fs = 0x0A, 0x10, 0x1B, 0x1D, 0x1C
)

// command carries out one command.
func (p *Printer) command(r *bufio.Reader, w io.Writer) error {
	b, err := r.ReadByte()
	if err != nil {
		return err
	}
	arg := func(n int) []byte {
		a := make([]byte, n)
		if err == nil {
			_, err = io.ReadFull(r, a)
		}
		return a
	}
	switch b {
	case dle:
		a := arg(2)
		if err == nil && a[0] == 0x04 {
			return p.answer(w, a[1])
		}
	case esc:
		switch a := arg(1); a[0] {
		case '@':
			p.leftBehind()
		case 'd':
			arg(1)
			p.tear(false)
		case 'p':
			arg(3)
			p.mu.Lock()
			p.kicks++
			p.mu.Unlock()
		default:
			p.letters(esc, a[0])
		}
	case gs:
		switch a := arg(1); a[0] {
		case 'v':
			return p.picture(r)
		case 'V':
			if m := arg(1); m[0] == 65 || m[0] == 66 {
				arg(1)
			}
			p.tear(true)
		default:
			p.letters(gs, a[0])
		}
	case lf:
	default:
		p.letters(b)
	}
	return err
}

func (p *Printer) letters(b ...byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.garbage = append(p.garbage, b...)
}

// tear ends the paper that came out so far.
func (p *Printer) tear(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.papers = append(p.papers, Paper{Raster: join(p.strips), Cut: cut, Garbage: p.garbage})
	p.strips, p.garbage = nil, nil
}

// leftBehind is what a job that did not end leaves hanging out of the printer.
func (p *Printer) leftBehind() {
	p.mu.Lock()
	left := len(p.strips)+len(p.garbage) > 0
	p.mu.Unlock()
	if left {
		p.tear(false)
	}
}

// picture takes a GS v 0.
func (p *Printer) picture(r io.Reader) error {
	head := make([]byte, 6)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	stride, rows := int(head[2])|int(head[3])<<8, int(head[4])|int(head[5])<<8
	if head[0] != '0' || head[1] != 0 || stride == 0 || rows == 0 || rows > 128 || rows%8 != 0 {
		p.letters(append([]byte{gs, 'v'}, head...)...)
		return nil
	}
	bits := make([]byte, stride*rows)
	if _, err := io.ReadFull(r, bits); err != nil {
		return err
	}
	strip, err := ticket.NewRaster(ticket.Paper(stride*8), rows)
	if err != nil {
		p.letters(append([]byte{gs, 'v'}, head...)...)
		return nil
	}
	for i, b := range bits {
		for bit := range 8 {
			if b&(0x80>>bit) != 0 {
				x, y := i%stride*8+bit, i/stride
				strip.Fill(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := &p.faults; f.OutAfter > 0 {
		if f.OutAfter -= rows; f.OutAfter <= 0 {
			f.OutAfter, f.PaperOut = 0, true
		}
	}
	if !p.faults.PaperOut {
		p.strips = append(p.strips, strip)
	}
	return nil
}

// join puts strips below each other.
func join(strips []*ticket.Raster) *ticket.Raster {
	if len(strips) == 0 {
		return nil
	}
	height := 0
	for _, s := range strips {
		height += s.Bounds().Dy()
	}
	whole, err := ticket.NewRaster(ticket.Paper(strips[0].Bounds().Dx()), height)
	if err != nil {
		return nil
	}
	top := 0
	for _, s := range strips {
		for y := range s.Bounds().Dy() {
			for x := range s.Bounds().Dx() {
				if s.Black(x, y) {
					whole.Fill(image.Rect(x, top+y, x+1, top+y+1))
				}
			}
		}
		top += s.Bounds().Dy()
	}
	return whole
}

// answer answers DLE EOT n.
func (p *Printer) answer(w io.Writer, n byte) error {
	p.mu.Lock()
	f := p.faults
	p.mu.Unlock()
	if f.Silent {
		return nil
	}
	set := func(b byte, bits ...bool) byte {
		reply := byte(0x12)
		for i, on := range bits {
			if on {
				reply |= []byte{b, 0x20, 0x40}[i]
			}
		}
		return reply
	}
	stopped := f.PaperOut || f.CoverOpen || f.Offline || f.CutterFault
	var reply byte
	switch n {
	case 1:
		reply = set(0x08, stopped)
	case 2:
		reply = set(0x04, f.CoverOpen, f.PaperOut, f.CutterFault)
	case 3:
		reply = set(0x08, f.CutterFault)
	case 4:
		reply = set(0x0C, f.PaperLow || f.PaperOut)
		if f.PaperOut {
			reply |= 0x60
		}
	default:
		p.letters(dle, 0x04, n)
		return nil
	}
	out := []byte{reply}
	if f.Babbles {
		out = []byte{0xFF, 0x00, 'x', reply}
	}
	_, err := w.Write(out)
	return err
}
