// Package mqtt is the line to the broker: MQTT 3.1.1 through paho, used as a
// pipe only. Every connection is a new client with a clean session and a store
// in memory; nothing is retried or kept here, because the shop's outbox and
// HQ's ack do that.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	qos      = 1 // the broker confirms
	qosLoose = 0

	certificateRevoked = tls.AlertError(44) // RFC 8446, 6.2
)

// ManyShops is the Queue of who hears many shops: a thousand of them that come
// back at the same moment send several messages each.
const ManyShops = 4096

// Dialer opens connections to one broker as one client.
type Dialer struct {
	Broker   string // tcp://host:port, or ssl://host:port with TLS
	ClientID string // a second connection with the same one ends the first
	Username string // optional, with Password
	Password string
	TLS      *tls.Config // optional
	Log      *slog.Logger

	KeepAlive time.Duration // how soon a dead connection is noticed, about; 30 s
	Timeout   time.Duration // of connecting, and of one write; 10 s
	Confirm   time.Duration // how long the broker may take to confirm a message; 60 s
	Queue     int           // messages received and not yet read before they are dropped; 256
}

// Dial connects and subscribes. A refused subscription is an error; there is a
// cloudsync.RefusalError in that of a broker which finds this client's certificate
// on its list of revoked ones.
func (d *Dialer) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	const op = "mqtt.Dial"
	l := &link{
		messages: make(chan cloudsync.Message, orDefault(d.Queue, 256)), done: make(chan struct{}),
		confirm: orDefault(d.Confirm, time.Minute), log: d.Log,
	}
	l.client = paho.NewClient(d.options(ctx, s, l))
	timeout := orDefault(d.Timeout, 10*time.Second)
	if err := wait(ctx, l.client.Connect(), 2*timeout, nil); err != nil {
		l.Close()
		if saysRevoked(err) {
			err = &cloudsync.RefusalError{Op: op, Code: cloudsync.RefusedRevoked, Msg: "this machine's certificate was taken back", Err: err}
		}
		return nil, &edge.Error{Op: op, Kind: edge.Unavailable, Err: err, Msg: "no connection to the broker " + d.Broker}
	}
	if err := l.subscribe(ctx, s.Filters, timeout); err != nil {
		l.Close()
		return nil, &edge.Error{Op: op, Kind: edge.Unavailable, Err: err, Msg: "the broker did not let us subscribe"}
	}
	return l, nil
}

// saysRevoked reports whether the broker ended the handshake because of this
// client's certificate. crypto/tls has a type of its own for alerts of the other
// side; their words are AlertError's.
func saysRevoked(err error) bool {
	told, ok := errors.AsType[*net.OpError](err)
	return ok && told.Op == "remote error" && told.Err.Error() == certificateRevoked.Error()
}

func (d *Dialer) options(ctx context.Context, s cloudsync.Session, l *link) *paho.ClientOptions {
	timeout := orDefault(d.Timeout, 10*time.Second)
	o := paho.NewClientOptions().
		AddBroker(d.Broker).
		SetClientID(d.ClientID).
		SetProtocolVersion(4).
		SetCleanSession(true).
		SetStore(paho.NewMemoryStore()).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetConnectTimeout(timeout).
		SetWriteTimeout(timeout).
		SetPingTimeout(timeout).
		SetKeepAlive(orDefault(d.KeepAlive, 30*time.Second)).
		SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (net.Conn, error) {
			return d.open(ctx, u, timeout, len(s.Filters))
		}).
		SetOrderMatters(true). // the handler only enqueues
		SetDefaultPublishHandler(l.receive).
		SetConnectionLostHandler(func(_ paho.Client, err error) { l.lost(err) })
	if d.Username != "" {
		o.SetUsername(d.Username).SetPassword(d.Password)
	}
	if s.Will != nil {
		o.SetBinaryWill(s.Will.Topic, s.Will.Payload, qos, s.Will.Retain)
	}
	return o
}

// link is one paho client's life.
type link struct {
	client   paho.Client
	messages chan cloudsync.Message
	done     chan struct{}
	end      sync.Once
	dropped  atomic.Uint64
	confirm  time.Duration
	log      *slog.Logger
}

func (l *link) Messages() <-chan cloudsync.Message { return l.messages }
func (l *link) Done() <-chan struct{}              { return l.done }

// subscribe asks for all filters in one packet, which on a slow line is one
// wait, and looks at each answer: a broker refuses a filter without ending the
// connection. What arrives goes to the default handler.
func (l *link) subscribe(ctx context.Context, filters []string, limit time.Duration) error {
	if len(filters) == 0 {
		return nil
	}
	wanted := map[string]byte{}
	for _, f := range filters {
		wanted[f] = qos
	}
	token := l.client.SubscribeMultiple(wanted, nil)
	if err := wait(ctx, token, limit, l.done); err != nil {
		return err
	}
	const refused = 0x80 // MQTT 3.1.1, 3.9.3
	for f, got := range token.(*paho.SubscribeToken).Result() {
		if got >= refused {
			return fmt.Errorf("%s: not allowed for this client", f)
		}
	}
	return nil
}

func (l *link) Publish(ctx context.Context, m cloudsync.Message) error {
	if !l.client.IsConnectionOpen() {
		return cloudsync.ErrLinkLost
	}
	q := byte(qos)
	if m.Loose {
		q = qosLoose
	}
	return wait(ctx, l.client.Publish(m.Topic, q, m.Retain, m.Payload), l.confirm, l.done)
}

// Dropped counts the messages that came while the reader was behind.
func (l *link) Dropped() uint64 { return l.dropped.Load() }

// receive runs in paho's reader and must not wait.
func (l *link) receive(_ paho.Client, m paho.Message) {
	select {
	case l.messages <- cloudsync.Message{Topic: m.Topic(), Payload: m.Payload(), Retain: m.Retained()}:
	default:
		if n := l.dropped.Add(1); n == 1 || n%100 == 0 {
			l.log.Warn("messages dropped: the reader is behind", "dropped", n)
		}
	}
}

func (l *link) lost(err error) {
	l.end.Do(func() {
		l.log.Debug("broker connection ended", "error", err)
		close(l.done)
	})
}

func (l *link) Close() {
	l.client.Disconnect(100) // milliseconds for what is being written
	l.lost(nil)
}

// wait waits for a token, never without end: paho leaves tokens unanswered
// when a connection is lost at the wrong moment.
func wait(ctx context.Context, t paho.Token, limit time.Duration, done <-chan struct{}) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-done:
		return cloudsync.ErrLinkLost
	case <-timer.C:
		return errors.New("no answer from the broker within " + limit.String())
	}
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}
