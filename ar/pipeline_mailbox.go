package ar

import "sync"

// mailbox holds the newest frame between the camera and the drawing. Three
// frames go round: one being filled, one waiting, one being drawn on.
type mailbox struct {
	ready chan struct{} // holds a token while a frame waits

	mu     sync.Mutex
	newest *Frame
	free   []*Frame
}

func newMailbox() *mailbox {
	return &mailbox{
		ready: make(chan struct{}, 1),
		free:  []*Frame{{}, {}, {}},
	}
}

// spare returns a frame to fill.
func (m *mailbox) spare() *Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.free[len(m.free)-1]
	m.free = m.free[:len(m.free)-1]
	return f
}

// put makes f the newest frame; it reports whether that drops one nobody took.
func (m *mailbox) put(f *Frame) (dropped bool) {
	m.mu.Lock()
	if m.newest != nil {
		m.free = append(m.free, m.newest)
		dropped = true
	}
	m.newest = f
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
	return dropped
}

// take removes the newest frame; nil when there is none.
func (m *mailbox) take() *Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.newest
	m.newest = nil
	return f
}

// recycle gives a frame from spare or take back.
func (m *mailbox) recycle(f *Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = append(m.free, f)
}

// wipe drops the newest frame and blackens all that are not in use.
func (m *mailbox) wipe() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.newest != nil {
		m.free = append(m.free, m.newest)
		m.newest = nil
	}
	for _, f := range m.free {
		clear(f.Pix[:cap(f.Pix)])
	}
}
