package main

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

const (
	demoCollector = "hq-1"
	// demoBroker stands for the demo's own broker in headquarters' settings until
	// that listens.
	demoBroker = "mqtts://127.0.0.1"
)

// openHeadquarters makes headquarters and the broker.
func (d *demo) openHeadquarters(ctx context.Context, f *demoFlags, shop fs.FS, log *slog.Logger) error {
	cfg, err := f.hqConfig()
	if err != nil {
		return err
	}
	signs, err := openDemoAuthority(cfg.Devices.Dir)
	if err != nil {
		return err
	}
	if d.broker, err = f.listenBroker(signs); err != nil {
		return err
	}
	if cfg.MQTT.URL == demoBroker {
		if cfg.MQTT, err = f.collectorLine(signs, d.broker.Addr().String(), cfg.Devices.Dir); err != nil {
			return err
		}
	}
	d.hq, err = headquarters.New(ctx, cfg, shop, version, log)
	return err
}

// hqConfig is headquarters' configuration, all but its way to the demo's broker.
func (f *demoFlags) hqConfig() (_ *firmwarecfg.HQ, err error) {
	cfg := firmwarecfg.DefaultHQ()
	cfg.Addr, cfg.OfficeAddr = f.hqAddr, "" // one address is enough for a demo
	cfg.Metrics.Addr = "127.0.0.1:0"
	cfg.OwnMachine = "admin" // who tries it out sees every page
	cfg.DataDir, cfg.Key = f.dir, filepath.Join(f.dir, "hq.key")
	cfg.Devices = firmwarecfg.Devices{Dir: filepath.Join(f.dir, "ca"), Addr: "127.0.0.1:0", Hosts: []string{"127.0.0.1"}}
	cfg.Payment.Transfer = demoAccount(cfg.Payment.Transfer)
	if cfg.Payment.SePay.KeyFile, err = f.secret("bank.key", uuid.NewString()); err != nil {
		return nil, err
	}
	cfg.MQTT.URL = demoBroker
	if f.hqSettings != "" {
		cfg.PublicURL = cmp.Or(f.publicURL, "http://"+f.hqAddr)
		if err := cfg.LayOver(f.hqSettings, nil); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// openDemoAuthority opens the authority in dir, which a new demo makes.
func openDemoAuthority(dir string) (*authority.Authority, error) {
	a, err := authority.Create(dir, "Mirrorcart demo", time.Now())
	if edge.KindOf(err) == edge.Conflict {
		return authority.Open(dir)
	}
	return a, err
}

// listenBroker begins the broker, which knows everybody by certificates.
func (f *demoFlags) listenBroker(signs *authority.Authority) (*broker.Broker, error) {
	hosts := []string{"127.0.0.1", "::"} // the other is what its address is when it listens everywhere
	if host, _, err := net.SplitHostPort(f.mqttAddr); err == nil && host != "" {
		hosts = append(hosts, host)
	}
	config, err := signs.ServerTLS(hosts, time.Now)
	if err != nil {
		return nil, err
	}
	return broker.Listen(f.mqttAddr, broker.Options{
		Users: []broker.User{{Name: demoCollector, HQ: true}}, TLS: config, Log: slog.New(slog.DiscardHandler),
	})
}

// collectorLine is how headquarters reaches the broker at addr. Its certificate is
// made anew each time.
func (f *demoFlags) collectorLine(signs *authority.Authority, addr, authorityDir string) (firmwarecfg.MQTT, error) {
	m := firmwarecfg.MQTT{URL: "mqtts://" + addr, CA: filepath.Join(authorityDir, "ca.pem")}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return m, err
	}
	der, err := signs.SignClient(demoCollector, key.Public(), time.Now(), authority.ServiceLife)
	if err != nil {
		return m, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return m, err
	}
	both := append(authority.PEM(der), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	m.Cert, err = f.secret(demoCollector+".pem", string(both))
	m.Key = m.Cert
	return m, err
}
