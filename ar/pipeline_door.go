package ar

import "sync"

// door keeps apart who stood here one after the other: a frame may take long, and
// by the time that it is drawn its shopper may have left and the next one be here.
type door struct {
	mu    sync.Mutex // nobody leaves while something of them is handed over
	left  uint64     // how many have left
	shown uint64     // how many had when the frame was taken that is being shown; of the goroutine of Show
}

func (d *door) count() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.left
}

// here does what concerns who is in the frame that is being shown, unless they
// have left. They do not leave meanwhile.
func (p *Pipeline) here(do func()) {
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	if p.door.left == p.door.shown {
		do()
	}
}

// handOver gives the viewers a picture, of who is here or of nobody.
func (p *Pipeline) handOver(picture []byte, ofNobody bool) {
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	switch {
	case p.paused.Load():
	case ofNobody:
		p.cfg.Sink.Publish(picture)
	case p.door.left == p.door.shown:
		p.replay.keep(picture)
		p.cfg.Sink.Publish(picture)
	}
}
