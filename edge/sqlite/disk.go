package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
)

// Disk is how much room is left for sales.
type Disk struct {
	Free  int64     // bytes, the reserve not among them
	Short bool      // only sales may write now: no photos, no backups
	Full  bool      // the disk was full: sales live on the reserve that was given up
	Until time.Time // when sales will have used the room up, going by the last hour; zero where that cannot be said
}

// disk watches the room on the database's disk and keeps a reserve of it, as a
// file that is deleted when a sale would not fit otherwise.
type disk struct {
	path    string // of the reserve
	size    int64  // 0 for none
	db      string
	now     func() time.Time
	release sync.Mutex // held while the reserve is made or given up

	mu    sync.Mutex
	state Disk
	used  []usage // of the last hour, oldest first
}

// usage is the database's size at a time.
type usage struct {
	at    time.Time
	bytes int64
}

func newDisk(opt Options) *disk {
	return &disk{path: opt.Path + ".reserve", size: opt.Reserve, db: opt.Path, now: opt.Now}
}

// freeBytes is the room on dir's disk that this program may use.
func freeBytes(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("sqlite: looking for room in %s: %w", dir, err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}

// look brings the state up to date, and makes the reserve when there is room.
func (d *disk) look() error {
	free, err := freeBytes(filepath.Dir(d.db))
	if err != nil {
		return err
	}
	kept, err := d.keep(free)
	now, bytes := d.now(), int64(0)
	for _, end := range []string{"", "-wal"} {
		if st := statOrNil(d.db + end); st != nil {
			bytes += st.Size()
		}
	}
	if kept && free >= d.size {
		free, _ = freeBytes(filepath.Dir(d.db))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used = append(d.used, usage{now, bytes})
	for len(d.used) > 1 && now.Sub(d.used[0].at) > time.Hour {
		d.used = d.used[1:]
	}
	d.state = Disk{Free: free, Full: !kept, Short: !kept || free < d.size}
	if first := d.used[0]; d.state.Short && bytes > first.bytes {
		left := float64(free)
		if kept {
			left += float64(d.size)
		}
		d.state.Until = now.Add(time.Duration(left / float64(bytes-first.bytes) * float64(now.Sub(first.at))))
	}
	return err
}

// keep reports whether the reserve is there. It is made where it would leave as
// much room again: what was just given up is not taken back at once.
func (d *disk) keep(free int64) (bool, error) {
	if d.size == 0 {
		return true, nil
	}
	d.release.Lock()
	defer d.release.Unlock()
	if st := statOrNil(d.path); st != nil && st.Size() == d.size {
		return true, nil
	}
	if free < 2*d.size {
		return false, nil
	}
	if err := reserveFile(d.path, d.size); err != nil {
		return false, fmt.Errorf("sqlite: keeping room for sales: %w", errors.Join(err, os.Remove(d.path)))
	}
	return true, nil
}

// reserveFile makes a file whose every byte has its place on the disk.
func reserveFile(path string, size int64) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for {
		err = syscall.Fallocate(int(f.Fd()), 0, 0, size)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if !errors.Is(err, syscall.EOPNOTSUPP) {
		return err
	}
	zeros := make([]byte, 1<<20)
	for left := size; left > 0; left -= int64(len(zeros)) {
		if _, err := f.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
			return err
		}
	}
	return f.Sync()
}

// giveUp frees the reserve, and reports whether there was one.
func (d *disk) giveUp() bool {
	d.release.Lock()
	defer d.release.Unlock()
	if d.size == 0 || os.Remove(d.path) != nil {
		return false
	}
	d.mu.Lock()
	d.state.Full, d.state.Short = true, true
	d.mu.Unlock()
	return true
}

// Disk is how much room is left, as of the last look.
func (db *DB) Disk() Disk {
	db.disk.mu.Lock()
	defer db.disk.mu.Unlock()
	return db.disk.state
}

// Size is how many bytes the database takes on the disk, and how many of its
// WAL; zeros where they cannot be looked at.
func (db *DB) Size() (file, wal int64) {
	if st := statOrNil(db.opt.Path); st != nil {
		file = st.Size()
	}
	if st := statOrNil(db.opt.Path + "-wal"); st != nil {
		wal = st.Size()
	}
	return file, wal
}

// noRoom reports whether an error says that the disk is full.
func noRoom(err error) bool {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		return e.Code == sqlite3.ErrFull || e.SystemErrno == syscall.ENOSPC || e.SystemErrno == syscall.EDQUOT
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func (d *disk) troubles() []Trouble {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.state
	if !s.Short {
		return nil
	}
	text := fmt.Sprintf("the disk is nearly full, %d MB are left: photos and backups wait, sales go on", s.Free>>20)
	if s.Full {
		text = fmt.Sprintf("the disk is full and sales live on the room that was kept for them, %d MB are left", s.Free>>20)
	}
	if !s.Until.IsZero() {
		text += ", at the present rate until about " + s.Until.UTC().Format("2006-01-02 15:04 UTC")
	}
	return []Trouble{{"disk", text + ": free some space"}}
}
