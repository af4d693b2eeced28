package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// lineDialer reaches HQ: over the broker and, where that cannot be and an
// address for it is set, over HTTPS.
func lineDialer(cfg *firmwarecfg.Edge, log *slog.Logger) cloudsync.Dialer {
	broker := brokerDialer{cfg, log}
	if cfg.HQ.IngestURL == "" {
		return broker
	}
	return &cloudsync.Fallback{First: broker, Second: ingestDialer{cfg}, Log: log}
}

// brokerDialer reads password and certificates anew for each connection: the
// till does not wait for files that are missing, and new ones count at once.
type brokerDialer struct {
	cfg *firmwarecfg.Edge
	log *slog.Logger
}

func (d brokerDialer) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	dialer, err := process.Dialer(d.cfg.HQ.Credentials(), d.cfg.Node, d.log)
	if err != nil {
		return nil, fmt.Errorf("hq.mqtt: %w", err)
	}
	return dialer.Dial(ctx, s)
}

// ingestDialer reads the certificates anew too.
type ingestDialer struct{ cfg *firmwarecfg.Edge }

func (d ingestDialer) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	transport, err := transportTo(d.cfg.HQ)
	if err != nil {
		return nil, fmt.Errorf("hq.ingest_url: %w", err)
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return (&https.Dialer{URL: d.cfg.HQ.IngestURL, Client: client}).Dial(ctx, s)
}

// transportTo reaches HQ at its address for gateways, with the machine's
// certificate as it lies on the disk now.
func transportTo(line firmwarecfg.Line) (*http.Transport, error) {
	u, err := url.Parse(line.IngestURL)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig, err = line.Credentials().TLSFor(u.Hostname())
	return transport, err
}

// officeTransport does so anew for each request: they are few.
type officeTransport struct{ line firmwarecfg.Line }

func (o officeTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	transport, err := transportTo(o.line)
	if err != nil {
		return nil, err
	}
	transport.DisableKeepAlives = true
	return transport.RoundTrip(r)
}

// post is the way to HQ for what is no part of the ledger: through the door for
// gateways where this one has a certificate of HQ's, and else where phones go.
func (g *gateway) post(key ed25519.PrivateKey) https.Post {
	p := https.Post{URL: g.cfg.HQ.PublicURL, Client: http.DefaultClient, Node: g.cfg.Node, Key: key}
	if g.cfg.HQ.Identity != "" {
		p.URL, p.Client = g.cfg.HQ.IngestURL, &http.Client{Transport: officeTransport{g.cfg.HQ}}
	}
	return p
}

// machineFacts are what HQ may know of this computer.
func (g *gateway) machineFacts() cloudsync.Machine {
	return cloudsync.Machine{
		Version: version, Started: time.Now(),
		Disk: func() (free, total int64) { return diskRoom(g.cfg.DataDir) },
		Faults: func() (list []cloudsync.Fault) {
			for _, f := range g.faults() {
				list = append(list, cloudsync.Fault{At: time.Now().UTC(), Part: f.Part, Message: f.Message})
			}
			return list
		},
	}
}

// diskRoom is how much room the disk of a folder has, zeros where it does not
// tell.
func diskRoom(dir string) (free, total int64) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize
}
