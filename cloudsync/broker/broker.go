// Package broker is an MQTT broker inside the program, for the demo and for
// tests. It keeps nothing: the sync relies on no broker's memory.
package broker

import (
	"bytes"
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// User may connect. A gateway's name is its node, and its client id too.
type User struct {
	Name     string
	Password string // empty with Options.TLS
	HQ       bool   // may use every topic; otherwise the node's own only
}

// Options say who may connect. Log is needed, and Users or TLS.
type Options struct {
	Users []User
	// TLS, if any, is a server's, with the authorities in ClientCAs that clients'
	// certificates must be of. A user is then who the certificate's common name
	// says, without a password, and Users names only those that are HQ's.
	TLS *tls.Config
	Log *slog.Logger
}

// Broker is a listening broker.
type Broker struct {
	server   *mochi.Server
	listener net.Listener
}

// Listen takes the address ("127.0.0.1:1883"; port 0 picks a free one) and
// begins to serve. An address in use is an edge.Error of kind Conflict.
func Listen(addr string, o Options) (*Broker, error) {
	const op = "broker.Listen"
	users := map[string]User{}
	for _, u := range o.Users {
		if u.Name == "" || (u.Password == "") != (o.TLS != nil) {
			return nil, edge.Errorf(op, edge.Invalid, "user %q: a name is needed, and a password where there are no certificates", u.Name)
		}
		users[u.Name] = u
	}
	if o.TLS != nil && o.TLS.ClientCAs == nil {
		return nil, edge.Errorf(op, edge.Invalid, "TLS without ClientCAs would let in whomever any authority in the world knows")
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &edge.Error{Op: op, Kind: edge.Conflict, Err: err, Msg: addr + " is in use: stop the other program or give the broker another port"}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if o.TLS != nil {
		l = tls.NewListener(l, withCertificates(o.TLS))
	}
	limits := mochi.NewDefaultServerCapabilities()
	limits.MaximumPacketSize = uint32(cloudsync.MaxPayload + 1024) // and the topic
	limits.MaximumQos = 1
	server := mochi.New(&mochi.Options{Capabilities: limits, Logger: o.Log})
	if err := server.AddHook(&gate{users: users}, nil); err != nil {
		l.Close()
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if err := server.AddListener(newListener(l, server, o.Log)); err != nil {
		l.Close()
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if err := server.Serve(); err != nil {
		server.Close()
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return &Broker{server: server, listener: l}, nil
}

// withCertificates is c with what no listener of the broker goes without.
func withCertificates(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.MinVersion, c.ClientAuth = tls.VersionTLS13, tls.RequireAndVerifyClientCert
	return c
}

// Addr is where the broker listens.
func (b *Broker) Addr() net.Addr { return b.listener.Addr() }

// Run serves until ctx ends, then closes all connections.
func (b *Broker) Run(ctx context.Context) error {
	<-ctx.Done()
	if err := b.server.Close(); err != nil {
		return fmt.Errorf("broker.Run: %w", err)
	}
	return nil
}

// gate lets known users in, each to its own topics.
type gate struct {
	mochi.HookBase
	users map[string]User
}

func (g *gate) ID() string { return "gate" }

func (g *gate) Provides(b byte) bool {
	return bytes.IndexByte([]byte{mochi.OnConnectAuthenticate, mochi.OnACLCheck}, b) >= 0
}

func (g *gate) OnConnectAuthenticate(cl *mochi.Client, pk packets.Packet) bool {
	if conn, ok := cl.Net.Conn.(*tls.Conn); ok { // the handshake is over, and the certificate good
		name := conn.ConnectionState().PeerCertificates[0].Subject.CommonName
		cl.Properties.Username = []byte(name) // whatever the client calls itself
		return name != "" && (g.users[name].HQ || cl.ID == name)
	}
	u, ok := g.users[string(pk.Connect.Username)]
	right := subtle.ConstantTimeCompare([]byte(u.Password), pk.Connect.Password) == 1
	return ok && right && (u.HQ || cl.ID == u.Name)
}

func (g *gate) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	user := string(cl.Properties.Username)
	if g.users[user].HQ {
		if shared, ok := strings.CutPrefix(topic, "$share/"); ok {
			_, topic, _ = strings.Cut(shared, "/")
		}
		return strings.HasPrefix(topic, "v1/")
	}
	t, err := cloudsync.ParseTopic(topic)
	if err != nil || t.Node != user {
		return false
	}
	switch t.Branch {
	case cloudsync.BranchUp, cloudsync.BranchRsp, cloudsync.BranchState, cloudsync.BranchReported:
		return write
	case cloudsync.BranchAck, cloudsync.BranchDown, cloudsync.BranchCmd, cloudsync.BranchDesired:
		return !write
	}
	return false
}
