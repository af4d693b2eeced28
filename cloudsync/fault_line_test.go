package cloudsync_test

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// state is how good a line is. The zero value is a perfect one.
type state struct {
	off           bool          // connections are reset, and new ones too
	delay, jitter time.Duration // of each way
	rate          int           // bytes a second, each way; 0 is any
	lost, deaf    bool          // what goes up, or comes down, vanishes, and nobody is told
	short         int           // after so many bytes up a connection is reset; 0 is never
	portal        string        // somebody else answers with this, and hangs up
}

// line is a TCP line to a broker that gets worse and better as it is told to.
// A connection from which bytes have vanished stays as it is: only a new one is
// any better.
type line struct {
	addr, to string

	mu     sync.Mutex
	now    state
	ends   map[net.Conn]bool // both of each connection; whether it is the one who dialled
	resets int               // for being short
	met    int               // the portal
}

func newLine(t testing.TB, to string) *line {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{addr: listener.Addr().String(), to: to, ends: map[net.Conn]bool{}}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { l.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.be(state{off: true})
		served.Wait()
	})
	return l
}

// be makes the line as good as s.
func (l *line) be(s state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = s
	if s.off || s.portal != "" {
		for end := range l.ends {
			reset(end)
		}
	}
}

func (l *line) is() state {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// standing counts the connections that whoever dialled has not given up.
func (l *line) standing() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, dialled := range l.ends {
		if dialled {
			n++
		}
	}
	return n
}

// cutShort counts the connections that were reset for being short, portals
// those that met somebody else.
func (l *line) cutShort() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.resets
}

func (l *line) portals() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.met
}

// reset ends a connection without a word of goodbye.
func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0) // it may be closed
	c.Close()
}

func (l *line) serve(client net.Conn) {
	s := l.is()
	if s.portal != "" {
		l.mu.Lock()
		l.met++
		l.mu.Unlock()
		_, _ = client.Read(make([]byte, 1024)) // whatever it asks
		_, _ = io.WriteString(client, s.portal)
		client.Close()
		return
	}
	server, err := net.Dial("tcp", l.to)
	if err != nil || s.off {
		reset(client)
		return
	}
	defer server.Close()
	defer client.Close()
	if s.rate > 0 { // a slow line is felt by who writes to it
		for _, end := range []net.Conn{client, server} {
			_ = end.(*net.TCPConn).SetReadBuffer(8 << 10)
		}
	}
	l.mu.Lock()
	if l.now.off || l.now.portal != "" { // meanwhile
		l.mu.Unlock()
		reset(client)
		return
	}
	l.ends[client], l.ends[server] = true, false
	l.mu.Unlock()
	var ways sync.WaitGroup
	ways.Go(func() {
		l.carry(client, server, true)
		l.forget(client)
	})
	ways.Go(func() { l.carry(server, client, false) })
	ways.Wait()
	l.forget(server)
}

func (l *line) forget(end net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ends, end)
}

// parcel is a few bytes under way.
type parcel struct {
	bytes []byte
	due   time.Time
	pause time.Duration // what they take of the line
}

// carry takes bytes from one end to the other until either is gone.
func (l *line) carry(from, to net.Conn, up bool) {
	way := make(chan parcel, 256)
	var arrived sync.WaitGroup
	arrived.Go(func() {
		for p := range way {
			time.Sleep(max(time.Until(p.due), p.pause))
			if _, err := to.Write(p.bytes); err != nil {
				from.Close()
			}
		}
	})
	vanished := l.send(from, to, up, way)
	close(way)
	arrived.Wait()
	if !vanished {
		to.Close()
	}
}

// send puts what it reads on the way; vanished says that the other end learns
// nothing of how it ended.
func (l *line) send(from, to net.Conn, up bool, way chan<- parcel) (vanished bool) {
	sum, size := 0, 16<<10
	if l.is().rate > 0 {
		size = 512
	}
	for {
		b := make([]byte, size)
		n, err := from.Read(b)
		if err != nil {
			return vanished
		}
		s := l.is()
		sum += n
		if up && s.short > 0 && sum > s.short {
			l.mu.Lock()
			l.resets++
			l.mu.Unlock()
			_, _ = to.Write(b[:n/2])
			reset(from)
			reset(to)
			return false
		}
		if vanished = vanished || up && s.lost || !up && s.deaf; vanished {
			continue
		}
		p := parcel{bytes: b[:n], due: time.Now().Add(s.delay)}
		if s.jitter > 0 {
			p.due = p.due.Add(rand.N(2*s.jitter) - s.jitter)
		}
		if s.rate > 0 {
			p.pause = time.Duration(n) * time.Second / time.Duration(s.rate)
		}
		way <- p
	}
}
