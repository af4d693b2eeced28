package main

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/mirrorcart/mirrorcart/ar/models"
	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// When a machine is not well.
const (
	slowSync     = 100 * time.Millisecond // each sale waits for the disk that long
	leastFree    = 256 << 20              // bytes, where no reserve is set
	leastLife    = 14 * 24 * time.Hour    // of a certificate
	clockMaxOff  = time.Minute
	backupsLate  = 3 // times backup.every
	syncs        = 15
	syncedAtOnce = 4096 // bytes, about a sale
)

func (in *inspection) shop(context.Context) (string, error) {
	dir, err := shopdir.Open(in.cfg.ShopDir)
	if err != nil {
		return "", fmt.Errorf("shop_dir: %w", err)
	}
	shop, err := shopdir.Read(dir)
	if err != nil {
		return "", fmt.Errorf("shop_dir: %w", err)
	}
	return fmt.Sprintf("%d products", len(shop.Variants)), nil
}

// key looks at the device's key, and whether what the gateway writes is all of one
// user.
func (in *inspection) key(context.Context) (string, error) {
	key, err := firmwarecfg.LoadKey(in.cfg.Keys.Device)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no device key %s yet: start the gateway once, or run `edge keys`, and enrol it at headquarters", in.cfg.Keys.Device)
	}
	if err != nil {
		return "", err
	}
	owner := ownerOf(in.cfg.DataDir)
	files := []string{in.cfg.Keys.Device, filepath.Dir(in.cfg.Keys.Device), databaseOptions(in.cfg, in.log).Path}
	if dir := in.cfg.HQ.Identity; dir != "" {
		files = append(files, dir)
	}
	for _, file := range files {
		if o := ownerOf(file); o >= 0 && o != owner {
			return "", fmt.Errorf("%s belongs to another user than data_dir, so the gateway may not write there: chown -R it to the gateway's user", file)
		}
	}
	return "its public half is " + firmwarecfg.FormatPublicKey(key.Public().(ed25519.PublicKey)), nil
}

// ownerOf is the number of the user whose file it is; -1 where it is not there.
func ownerOf(file string) int {
	st, err := os.Stat(file)
	if err != nil {
		return -1
	}
	return int(st.Sys().(*syscall.Stat_t).Uid)
}

// certificates looks how long those hold that are set.
func (in *inspection) certificates(context.Context) (string, error) {
	says := "none is set"
	for _, pair := range shownCertificates(in.cfg) {
		cert, err := tls.LoadX509KeyPair(pair.cert, pair.key)
		ours := pair.to == toHeadquarters && in.cfg.HQ.Identity != ""
		if ours && errors.Is(err, fs.ErrNotExist) {
			return "", errors.New("this machine has none yet: have a code made at headquarters (`hq device claim`), and type it here: edge claim CODE")
		}
		if err != nil {
			return "", fmt.Errorf("%s cannot be used with its key: put the right ones there: %w", pair.cert, err)
		}
		if left := time.Until(cert.Leaf.NotAfter); left < leastLife {
			mend := "renew it"
			if ours {
				mend = "headquarters renews it, so see that hq.ingest_url can be reached"
			}
			return "", fmt.Errorf("%s holds until %s: %s", pair.cert, cert.Leaf.NotAfter.Format(time.DateOnly), mend)
		}
		says = "they hold; " + pair.cert + " until " + cert.Leaf.NotAfter.Format(time.DateOnly)
	}
	return says, nil
}

// disk looks at the room on the database's disk, and how fast it promises to keep
// what is written.
func (in *inspection) disk(ctx context.Context) (string, error) {
	dir := in.cfg.DataDir
	if err := localDisk(dir); err != nil {
		return "", err
	}
	free, total := diskRoom(dir)
	room := roomLeft(free, total, max(2*int64(in.cfg.Disk.ReserveMB)<<20, leastFree))
	if _, enough := errors.AsType[warning](room); room != nil && !enough {
		return "", room
	}
	took, err := syncTime(ctx, dir)
	if err != nil {
		return "", fmt.Errorf("%s cannot be written to: give it to the gateway's user, and see that the disk is in order: %w", dir, err)
	}
	if took > slowSync {
		return "", fmt.Errorf("the disk takes %v to keep what is written, and every sale waits for it: use another one, it may be worn out", took.Round(time.Millisecond))
	}
	return fmt.Sprintf("%d MB of %d MB are free; it keeps what is written within %v", free>>20, total>>20, took.Round(100*time.Microsecond)), room
}

// roomLeft says what is wrong with the room on a disk, in bytes: less than the least
// is no longer enough, and what headquarters shows as nearly full is a warning here.
func roomLeft(free, total, least int64) error {
	switch {
	case free < least:
		return fmt.Errorf("%d MB of %d MB are left on the disk of data_dir, %d MB are the least: free some space", free>>20, total>>20, least>>20)
	case cloudsync.DiskLow(free, total):
		return warning(fmt.Sprintf("the disk is nearly full, %d MB of %d MB are left: free some space", free>>20, total>>20))
	}
	return nil
}

// localDisk refuses a network share: it breaks its promises (statfs(2)).
func localDisk(dir string) error {
	const nfs, smb, cifs, smb2 = 0x6969, 0x517B, 0xFF534D42, 0xFE534D42
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return fmt.Errorf("data_dir %s: %w: make it, for the gateway's user alone", dir, err)
	}
	if slices.Contains([]uint32{nfs, smb, cifs, smb2}, uint32(s.Type)) {
		return fmt.Errorf("data_dir %s is on a network share, which may lose sales: use a disk of this machine", dir)
	}
	return nil
}

// syncTime is the middle one of some times that the disk takes for fsync.
func syncTime(ctx context.Context, dir string) (_ time.Duration, err error) {
	f, err := os.CreateTemp(dir, "check-*.part")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	var took []time.Duration
	for range syncs {
		start := time.Now()
		if _, err := f.Write(make([]byte, syncedAtOnce)); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(start))
		if ctx.Err() != nil {
			break // it was slow enough
		}
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

func (in *inspection) database(ctx context.Context) (string, error) {
	err := sqlite.Inspect(ctx, databaseOptions(in.cfg, in.log))
	if edge.KindOf(err) == edge.NotFound {
		return "there is none yet: the gateway makes it at its first start", nil
	}
	return "it is whole", err
}

func (in *inspection) backup(context.Context) (string, error) {
	if statOf(databaseOptions(in.cfg, in.log).Path) == nil {
		return "there is nothing to back up yet", nil
	}
	if second := in.cfg.Backup.Second; second != "" && statOf(second) == nil {
		return "", fmt.Errorf("there is no folder %s for the second copies: plug the medium in, or make the folder on it", second)
	}
	list := sqlite.Backups(in.cfg.Node, in.cfg.BackupDir())
	late := backupsLate * in.cfg.Backup.Every
	switch {
	case len(list) == 0 && time.Since(statOf(databaseOptions(in.cfg, in.log).Path).ModTime()) < late:
		return "the first one comes soon", nil
	case len(list) == 0:
		return "", fmt.Errorf("there is no backup in %s: run `edge backup`, and see the gateway's log for why it made none", in.cfg.BackupDir())
	case in.found.Running && time.Since(list[0].At) > late:
		return "", fmt.Errorf("the newest backup is of %s: see the gateway's log for why it made none since", list[0].At.Format(time.RFC3339))
	}
	return "the newest is of " + list[0].At.Format(time.RFC3339), nil
}

func statOf(path string) fs.FileInfo {
	st, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return st
}

func (in *inspection) models(context.Context) (string, error) {
	if _, err := models.Open(in.cfg.ModelsDir); err != nil {
		return "", err
	}
	return "all are there, and as they should be", nil
}

// clock compares the clock with headquarters', which it asks for its page.
func (in *inspection) clock(ctx context.Context) (string, error) {
	follows := in.follows()
	at := in.cfg.HQ.PublicURL
	if at == "" {
		if !follows {
			return "", errors.New("no time server sets the clock: see that chrony runs and reaches one")
		}
		return "a time server sets the clock; hq.public_url is not set", nil
	}
	hq, err := in.askHeadquarters(ctx, at)
	if err != nil {
		return "", fmt.Errorf("headquarters does not answer at hq.public_url: see the line and the address; the till sells meanwhile: %w", err)
	}
	off := time.Since(hq)
	if off.Abs() > clockMaxOff {
		side := "ahead of"
		if off < 0 {
			side = "behind"
		}
		return "", fmt.Errorf("the clock is %v %s headquarters': see that chrony runs and reaches a time server", off.Abs().Round(time.Second), side)
	}
	if !follows {
		return "", warning("headquarters answers, and the clock is as its; but no time server sets it, so it will drift: see that chrony runs and reaches one")
	}
	return "headquarters answers, and the clock is as its", nil
}

// askHeadquarters is the time by headquarters' clock, as its web server tells it.
func (in *inspection) askHeadquarters(ctx context.Context, at string) (time.Time, error) {
	u, err := url.Parse(at)
	if err != nil {
		return time.Time{}, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	if u.Scheme == "https" {
		if transport.TLSClientConfig, err = in.cfg.HQ.MQTT.TLSFor(u.Hostname()); err != nil {
			return time.Time{}, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, at, nil)
	if err != nil {
		return time.Time{}, err
	}
	resp, err := (&http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).Do(req)
	if err != nil {
		return time.Time{}, err
	}
	if err := resp.Body.Close(); err != nil {
		return time.Time{}, err
	}
	if resp.StatusCode >= http.StatusInternalServerError {
		return time.Time{}, errors.New("it answers with " + resp.Status)
	}
	return http.ParseTime(resp.Header.Get("Date"))
}

// browser looks for the one that shows the kiosk on this machine's own screen.
func (in *inspection) browser(context.Context) (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	h := in.cfg.HTTP
	if len(h.Kiosks) > 0 || h.TLSAddr != "" {
		return "none is here; the screens are other machines, see http.kiosks and http.tls_addr", nil
	}
	return "", errors.New("there is no browser for the kiosk: apt-get install chromium, or let screens elsewhere in by http.kiosks")
}
