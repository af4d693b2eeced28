package process

import (
	"net"
	"net/netip"
	"sync"

	"github.com/mirrorcart/mirrorcart/edge/api"
)

// share is which part of the places one client may take.
const share = 8

// Places bound how many connections are open at a listener. One client has an
// eighth of them at most; whoever opens more finds them closed.
type Places struct {
	Max int // 1 or more
	// Spared are clients who take nobody's place: there are Max for them alone,
	// however many of those each takes. Nil for nobody.
	Spared func(netip.Addr) bool
	// Refused is called for each connection that was closed; it must not wait. Nil
	// where nobody wants to know.
	Refused func()
}

// Bound accepts connections of ln as long as there are places.
func (p Places) Bound(ln net.Listener) net.Listener {
	return &bounded{Listener: ln, places: p, taken: map[string]int{}}
}

type bounded struct {
	net.Listener
	places Places

	mu     sync.Mutex
	taken  map[string]int // by client; those of the spared have no name
	others int            // taken by all who have one
}

func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		client := b.client(c.RemoteAddr())
		if b.enter(client) {
			return &placed{Conn: c, leave: sync.OnceFunc(func() { b.leave(client) })}, nil
		}
		_ = c.Close() // nobody has been promised anything
		if b.places.Refused != nil {
			b.places.Refused()
		}
	}
}

// client names who connects, and nobody who is spared.
func (b *bounded) client(addr net.Addr) string {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return addr.String()
	}
	ip := at.Addr().Unmap().WithZone("")
	if b.places.Spared != nil && b.places.Spared(ip) {
		return ""
	}
	return api.ClientOf(ip.String())
}

func (b *bounded) enter(client string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case client == "" && b.taken[client] >= b.places.Max:
		return false
	case client != "" && (b.others >= b.places.Max || b.taken[client] >= max(b.places.Max/share, 1)):
		return false
	case client != "":
		b.others++
	}
	b.taken[client]++
	return true
}

func (b *bounded) leave(client string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if client != "" {
		b.others--
	}
	if b.taken[client]--; b.taken[client] == 0 {
		delete(b.taken, client)
	}
}

// placed gives its place back when it is closed.
type placed struct {
	net.Conn
	leave func()
}

func (c *placed) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
