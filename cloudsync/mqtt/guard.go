package mqtt

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/net/proxy"
)

const (
	suback     = 9 // type of the packet that answers a subscription
	maxHeader  = 5 // bytes: the type, and up to four of the length
	moreLength = 0x80
)

// guard is a connection on which a broker's packets are looked at before paho
// sees them: paho panics, in a goroutine of its own, at a SUBACK that answers
// more than was asked, and no broker may stop a till.
type guard struct {
	net.Conn
	filters int         // asked for, in one SUBSCRIBE
	header  []byte      // of the next packet, as far as it has come
	rest    int         // bytes still to come of this one
	spoke   atomic.Bool // something has been written; by several goroutines later
}

// Read implements net.Conn.
func (g *guard) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if wrong := g.look(b[:n]); wrong != nil {
		return 0, wrong
	}
	return n, err
}

// Write implements net.Conn. With TLS 1.3 a broker refuses a certificate only after
// the handshake, which it then resets: its reason is waiting to be read, while paho,
// whose first packet comes too late, would tell of the reset alone.
func (g *guard) Write(b []byte) (int, error) {
	n, err := g.Conn.Write(b)
	if !g.spoke.Swap(true) && err != nil { // nobody else reads before an answer can come
		_ = g.SetReadDeadline(time.Now().Add(time.Second)) // it is there, or will never come
		if _, reason := g.Conn.Read(make([]byte, 1)); saysRevoked(reason) {
			err = reason
		}
	}
	return n, err
}

func (g *guard) look(b []byte) error {
	for len(b) > 0 {
		if g.rest > 0 {
			n := min(g.rest, len(b))
			g.rest, b = g.rest-n, b[n:]
			continue
		}
		g.header, b = append(g.header, b[0]), b[1:]
		if n := len(g.header); n == 1 || g.header[n-1]&moreLength != 0 && n < maxHeader {
			continue
		}
		for i, d := range g.header[1:] {
			g.rest |= int(d&^moreLength) << (7 * i)
		}
		const id = 2 // bytes before the answers
		if answers := g.rest - id; g.header[0]>>4 == suback && answers > g.filters {
			return fmt.Errorf("the broker answers %d subscriptions, %d were asked for", answers, g.filters)
		}
		g.header = g.header[:0]
	}
	return nil
}

// open connects as paho would by itself, through a guard.
func (d *Dialer) open(ctx context.Context, u *url.URL, timeout time.Duration, filters int) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := d.connect(ctx, u, timeout)
	if err != nil {
		return nil, err
	}
	return &guard{Conn: conn, filters: filters}, nil
}

func (d *Dialer) connect(ctx context.Context, u *url.URL, timeout time.Duration) (net.Conn, error) {
	if u.Scheme == "ws" || u.Scheme == "wss" {
		return paho.NewWebsocket(u.String(), d.TLS, timeout, nil, nil)
	}
	conn, err := proxy.Dial(ctx, "tcp", u.Host) // sets TCP_NODELAY, as Go always does
	if err != nil || u.Scheme == "tcp" {
		return conn, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if d.TLS != nil {
		c = d.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = u.Hostname()
	}
	secured := tls.Client(conn, c)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secured, nil
}
