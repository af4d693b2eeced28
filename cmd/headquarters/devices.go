package headquarters

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// revokedEvery is how often it is looked whether another collector, or a command,
// took certificates back.
const revokedEvery = 30 * time.Second

// openAuthority opens headquarters' authority; nil where there is none and nothing
// needs one.
func openAuthority(cfg *firmwarecfg.HQ) (*authority.Authority, error) {
	a, err := authority.Open(cfg.Devices.Dir)
	if edge.KindOf(err) == edge.NotFound && cfg.Devices.Addr == "" && cfg.Devices.Revoked == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("devices.dir: %w", err)
	}
	return a, nil
}

// deviceDoor is where gateways reach headquarters over HTTPS, with certificates on
// both sides.
type deviceDoor struct {
	site
	tls  *tls.Config
	door *door
}

// newDeviceDoor is nil where no address is set for it.
func (s *Server) newDeviceDoor(ctx context.Context) (*deviceDoor, error) {
	if s.cfg.Devices.Addr == "" {
		return nil, nil
	}
	signs, err := openAuthority(s.cfg)
	if err != nil {
		return nil, err
	}
	d := &deviceDoor{door: s.door}
	if d.tls, err = signs.ServerTLS(s.cfg.Devices.Hosts, time.Now); err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	if d.engine, err = s.door.engine(s.watch.requests.Gin, nothingHere); err != nil {
		return nil, err
	}
	h := gin.WrapH(s.DB.DeviceDoor())
	for _, path := range []string{
		cloudsync.AuthorityPath, cloudsync.RevokedPath, cloudsync.CertificatePath,
		cloudsync.IngestPath, cloudsync.PhotoPath, cloudsync.ContactPath, cloudsync.ToldPath,
	} {
		d.engine.Any(path, h)
	}
	return d, d.listen(ctx, s.cfg.Devices.Addr, s.door.places(s.cfg.Connections))
}

func (d *deviceDoor) run(ctx context.Context) error {
	return process.ServeTLS(ctx, d.ln, d.tls, d.engine, d.door.noteCertificate)
}

// DeviceURL is the door for gateways, "" where there is none.
func (s *Server) DeviceURL() string {
	if s.devices == nil {
		return ""
	}
	_, port, _ := net.SplitHostPort(s.devices.ln.Addr().String())
	return "https://" + net.JoinHostPort(s.cfg.Devices.Hosts[0], port)
}

// keepRevoked keeps the list of revoked certificates up to date in its file, for a
// broker, until ctx is done.
func (s *Server) keepRevoked(ctx context.Context) error {
	if s.cfg.Devices.Revoked == "" {
		return nil
	}
	tick := time.NewTicker(revokedEvery)
	defer tick.Stop()
	for {
		if err := writeRevoked(ctx, s.cfg, s.DB); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "the broker does not learn which certificates were taken back", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// writeRevoked writes the list of revoked certificates to the file that the
// settings name, where it has changed. What the file names stays on the list, and is
// told to headquarters where its database came from a backup and does not know of it.
func writeRevoked(ctx context.Context, cfg *firmwarecfg.HQ, db *hq.HQ) error {
	file := cfg.Devices.Revoked
	if file == "" {
		return nil
	}
	have, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	kept, unread := parseRevoked(have)
	if unread == nil {
		if err := db.KeepRevoked(ctx, kept); err != nil {
			return err
		}
	}
	text, err := db.RevocationList(ctx)
	if err != nil {
		return err
	}
	fresh, err := parseRevoked(text)
	if err != nil {
		return err
	}
	if unread == nil && bytes.Equal(kept.AuthorityKeyId, fresh.AuthorityKeyId) && len(kept.RevokedCertificateEntries) == len(fresh.RevokedCertificateEntries) {
		return nil
	}
	return replaceFile(file, text)
}

func parseRevoked(text []byte) (*x509.RevocationList, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not a list in PEM form")
	}
	return x509.ParseRevocationList(block.Bytes)
}

// replaceFile writes a file that everybody may read, whole or not at all.
func replaceFile(file string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
