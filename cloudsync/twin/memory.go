package twin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// memory is what the agent knows across interruptions.
type memory struct {
	Desired *cloudsync.Desired `json:"desired"` // HQ's newest word; nil for none
	N       uint64             `json:"n"`       // of the newest state; reports of it are numbered from here on
	told
}

// told is what a report says.
type told struct {
	Running int64                 `json:"running"`
	State   cloudsync.BundleState `json:"state"`
	Bundle  edge.Hash             `json:"bundle"`
	Reason  string                `json:"reason"`
	Message string                `json:"message"`
	At      time.Time             `json:"at"`
}

// remember reads the file; where there is none, nothing was told yet. A file that
// cannot be read is put aside: HQ says again what it wants.
func remember(file string) (m memory, flaw, err error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil, nil
	}
	if err != nil {
		return m, nil, err
	}
	if flaw := json.Unmarshal(b, &m); flaw != nil {
		return memory{}, flaw, os.Rename(file, file+".damaged")
	}
	return m, nil, nil
}

// keep replaces the file as a whole, durably.
func (m *memory) keep(file string) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	next, err := os.CreateTemp(dir, filepath.Base(file)+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	_, err = next.Write(b)
	if err = errors.Join(err, next.Sync(), next.Close()); err != nil {
		return err
	}
	if err := os.Rename(next.Name(), file); err != nil {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}
