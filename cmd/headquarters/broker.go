package headquarters

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// leastLife is how long a certificate that people renew should hold at least.
const leastLife = 30 * 24 * time.Hour

// broker reads password and certificates anew for each connection, so that renewed
// ones count at once, and remembers how long the broker's own holds.
type broker struct {
	line   firmwarecfg.MQTT
	client string // by which the broker knows this collector, whose next connection ends one that hangs
	log    *slog.Logger
	shown  atomic.Pointer[time.Time] // until when the broker's certificate holds; nil where none was seen
}

func (b *broker) dialer() (*mqtt.Dialer, error) {
	d, err := process.Dialer(b.line, b.client, b.log)
	if err != nil {
		return nil, err
	}
	d.Queue = mqtt.ManyShops
	if d.TLS != nil {
		d.TLS.VerifyConnection = func(s tls.ConnectionState) error { // it was found good before
			b.shown.Store(&s.PeerCertificates[0].NotAfter)
			return nil
		}
	}
	return d, nil
}

// Dial connects with what lies on the disk now.
func (b *broker) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	d, err := b.dialer()
	if err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	return d.Dial(ctx, s)
}

// Whose certificate it is.
const (
	ofCollector = "collector"
	ofBroker    = "broker"
)

// ends are when the certificates of the line run out, by whose they are.
func (b *broker) ends() (map[string]time.Time, error) {
	list := map[string]time.Time{}
	if at := b.shown.Load(); at != nil {
		list[ofBroker] = *at
	}
	if b.line.Cert == "" {
		return list, nil
	}
	pair, err := tls.LoadX509KeyPair(b.line.Cert, b.line.Key)
	if err != nil {
		return list, fmt.Errorf("mqtt.cert and mqtt.key cannot be used: %w", err)
	}
	list[ofCollector] = pair.Leaf.NotAfter
	return list, nil
}

func (b *broker) figures(tell monitor.Tell) {
	list, _ := b.ends() // what is wrong with a file /readyz tells
	for of, at := range list {
		tell("mirrorcart_certificate_end_timestamp_seconds", float64(at.Unix()), of)
	}
}

// certificates is nil while both hold for a month yet.
func (b *broker) certificates(context.Context) error {
	list, err := b.ends()
	for _, of := range []string{ofCollector, ofBroker} {
		if at, known := list[of]; known && time.Until(at) < leastLife {
			err = errors.Join(err, fmt.Errorf("the %s's certificate holds until %s: renew it, with `hq ca issue` where headquarters signed it; without it no shop's sale comes in over the broker",
				of, at.Format(time.DateOnly)))
		}
	}
	return err
}
