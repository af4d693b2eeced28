package broker

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// acceptAgain is the pause after a connection could not be taken.
const acceptAgain = 50 * time.Millisecond

// listener hands connections to the server and takes all of them down when it
// closes. The server's own listener forgets those that have not yet said who
// they are, and lets one come in while the server counts who is left.
type listener struct {
	net.Listener
	server *mochi.Server
	log    *slog.Logger

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	served sync.WaitGroup // one for each of conns
}

var _ listeners.Listener = (*listener)(nil)

func newListener(l net.Listener, server *mochi.Server, log *slog.Logger) *listener {
	return &listener{Listener: l, server: server, log: log, conns: map[net.Conn]struct{}{}}
}

func (l *listener) ID() string              { return "tcp" }
func (l *listener) Protocol() string        { return "tcp" }
func (l *listener) Address() string         { return l.Addr().String() }
func (l *listener) Init(*slog.Logger) error { return nil }

// Serve takes connections until Close.
func (l *listener) Serve(establish listeners.EstablishFn) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file descriptors, say
			l.log.Warn("a connection to the broker could not be taken", "error", err)
			time.Sleep(acceptAgain)
			continue
		}
		if !l.add(conn) {
			return
		}
		go func() {
			defer l.remove(conn)
			if err := establish(l.ID(), conn); err != nil {
				l.log.Debug("a connection to the broker ended", "error", err)
			}
		}()
	}
}

func (l *listener) add(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		conn.Close()
		return false
	}
	l.conns[conn] = struct{}{}
	l.served.Add(1)
	return true
}

func (l *listener) remove(conn net.Conn) {
	conn.Close()
	l.mu.Lock()
	delete(l.conns, conn)
	l.mu.Unlock()
	l.served.Done()
}

// Close ends all connections and returns when the server has let them go. It says
// goodbye in the server's place, which takes the lock of its clients twice for it
// and hangs where one leaves in between.
func (l *listener) Close(listeners.CloseFn) {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.Listener.Close()
	for _, client := range l.server.Clients.GetAll() {
		_ = l.server.DisconnectClient(client, packets.ErrServerShuttingDown) // which it returns
	}
	l.mu.Lock()
	for conn := range l.conns {
		conn.Close()
	}
	l.mu.Unlock()
	l.served.Wait()
}
