package bundle

import (
	"errors"
	"io/fs"
	"maps"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// fullDisk has room for so many files and folders, and for no more.
type fullDisk struct {
	osDisk
	room int
	met  bool // there was no room for something
}

func (d *fullDisk) take() error {
	if d.room--; d.room < 0 {
		d.met = true
		return syscall.ENOSPC
	}
	return nil
}

func (d *fullDisk) Mkdir(name string, mode fs.FileMode) error {
	if err := d.take(); err != nil {
		return err
	}
	return d.osDisk.Mkdir(name, mode)
}

func (d *fullDisk) Write(name string, text []byte, mode fs.FileMode) error {
	if err := d.take(); err != nil {
		return errors.Join(err, d.osDisk.Write(name, text[:len(text)/2], mode))
	}
	return d.osDisk.Write(name, text, mode)
}

// Whenever a disk is full, the bundle waits until it can be written down what became
// of it: what is gone from the inbox without a word is waited for in vain.
func TestBundleIsNotLostWhenTheDiskIsFull(t *testing.T) {
	for full, room := true, 0; full; room++ {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(t)
			require.NoError(t, m.apply(first.bundle(t, v(1))))
			archive := second.bundle(t, v(2))
			waits := true
			try := func(d disk) {
				m.disk = d
				a := m.boot()
				defer m.close()
				err := errors.Join(a.Recover(), a.Resume(t.Context()))
				if waits && err == nil {
					_ = a.Apply(t.Context(), archive, func() error { waits = false; return nil })
				}
				require.True(t, waits || m.status().Attempt.File == Digest(archive), "with room for %d files: it is gone, and nothing says what became of it", room)
			}
			d := &fullDisk{room: room}
			try(d)
			full = d.met
			try(osDisk{})
			require.True(t, m.status().Attempt.Phase.done())
			now := tree(m.sim.root)
			require.True(t, maps.Equal(now, first.on(before())) || maps.Equal(now, second.on(before())), "files of two bundles: %v", now)
			if m.status().Running.Version == 2 {
				require.Equal(t, second.on(before()), now)
			}
		})
	}
}
