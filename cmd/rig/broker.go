package rig

import (
	"context"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/mosquitto"
)

// The brokers.
const (
	Mochi     = "mochi"     // in this process, as in the demo
	Mosquitto = "mosquitto" // a process of its own
)

const password = "only on loopback"

// Broker is a broker that runs or was killed.
type Broker interface {
	Addr() string // host:port, for good
	// Kill ends it as a failure would: it remembers nothing.
	Kill()
	// Restart starts it after Kill; it listens when Restart returns.
	Restart(ctx context.Context) error
	// Stop ends it for good.
	Stop() error
}

// StartBroker starts the plan's broker on a free port. Its shops and collectors
// may connect.
func StartBroker(ctx context.Context, p Plan) (Broker, error) {
	if p.Broker == Mosquitto {
		return mosquitto.Start(ctx)
	}
	b := &embedded{addr: "127.0.0.1:0", options: broker.Options{Log: p.Log}}
	for i := range p.Shops {
		b.options.Users = append(b.options.Users, broker.User{Name: shopName(i), Password: password})
	}
	for i := range p.Collectors {
		b.options.Users = append(b.options.Users, broker.User{Name: CollectorName(i), Password: password, HQ: true})
	}
	return b, b.Restart(ctx)
}

func shopName(i int) string { return fmt.Sprint("shop-", i+1) }

// CollectorName is what the broker knows the plan's collector i by, from 0.
func CollectorName(i int) string { return fmt.Sprint("hq-", i+1) }

// embedded is the broker of the demo.
type embedded struct {
	addr    string
	options broker.Options
	running *Running
}

func (b *embedded) Addr() string { return b.addr }

func (b *embedded) Restart(ctx context.Context) error {
	l, err := broker.Listen(b.addr, b.options)
	if err != nil {
		return err
	}
	b.addr = l.Addr().String()
	b.running = Go(ctx, l.Run)
	return nil
}

func (b *embedded) Kill() { _ = b.Stop() } // it has nothing that could fail to be kept

func (b *embedded) Stop() error {
	if b.running == nil {
		return nil
	}
	return b.running.Stop()
}
