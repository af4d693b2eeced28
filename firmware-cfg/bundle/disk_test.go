package bundle

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// cut is the panic of a disk whose machine has stopped.
type cut struct{}

// faultyDisk stops before its step number at; 0 for never. Then, if the power has
// failed, all that was not synced is lost: files are cut in half, and names are
// those of before. A process that is merely killed loses nothing.
type faultyDisk struct {
	osDisk
	at, step int
	power    bool
	stopped  bool
	half     map[string]bool // written, not synced
	undo     []change
}

// change is one of a folder's names that is not synced.
type change struct {
	folder string
	back   func() error
}

func newFaultyDisk(at int, power bool) *faultyDisk {
	return &faultyDisk{at: at, power: power, half: map[string]bool{}}
}

// next stops the machine if it is time; part is what may be left of the step.
func (d *faultyDisk) next(part func()) {
	if d.stopped {
		panic(cut{})
	}
	if d.step++; d.step != d.at {
		return
	}
	d.stopped = true
	part()
	if d.power {
		for name := range d.half {
			if text, err := os.ReadFile(name); err == nil {
				must(os.WriteFile(name, text[:len(text)/2], 0o600))
			}
		}
		for _, c := range slices.Backward(d.undo) {
			must(c.back())
		}
	}
	panic(cut{})
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func nothing() {}

func (d *faultyDisk) named(name string, back func() error) {
	d.undo = append(d.undo, change{filepath.Dir(name), back})
}

func (d *faultyDisk) Mkdir(name string, mode fs.FileMode) error {
	d.next(nothing)
	d.named(name, func() error { return os.RemoveAll(name) })
	return d.osDisk.Mkdir(name, mode)
}

func (d *faultyDisk) Write(name string, text []byte, mode fs.FileMode) error {
	d.next(func() {
		must(os.WriteFile(name, text[:len(text)/2], mode))
	})
	if _, err := os.Lstat(name); err != nil {
		d.named(name, func() error { return os.RemoveAll(name) })
	}
	d.half[name] = true
	return d.osDisk.Write(name, text, mode)
}

func (d *faultyDisk) Rename(from, to string) error {
	d.next(nothing)
	old, err := os.ReadFile(to)
	d.named(to, func() error {
		must(os.Rename(to, from))
		if err != nil {
			return nil
		}
		return os.WriteFile(to, old, 0o644)
	})
	delete(d.half, to)
	if d.half[from] {
		d.half[to] = true
		delete(d.half, from)
	}
	return d.osDisk.Rename(from, to)
}

func (d *faultyDisk) Remove(name string) error {
	d.next(nothing)
	old, err := os.ReadFile(name)
	must(err)
	d.named(name, func() error { return os.WriteFile(name, old, 0o644) })
	return d.osDisk.Remove(name)
}

func (d *faultyDisk) RemoveAll(name string) error {
	d.next(func() {
		first := ""
		_ = filepath.WalkDir(name, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				first = path
				return fs.SkipAll
			}
			return nil
		})
		if first != "" {
			must(os.Remove(first))
		}
	})
	return d.osDisk.RemoveAll(name)
}

func (d *faultyDisk) Sync(name string) error {
	d.next(nothing)
	delete(d.half, name)
	d.undo = slices.DeleteFunc(d.undo, func(c change) bool { return c.folder == name })
	_, err := os.Stat(name)
	return err
}
