package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// disk changes files. Each call is a step at which the power may fail; what was
// not synced may then be lost. Tests fail at every one of them.
type disk interface {
	Mkdir(name string, mode fs.FileMode) error
	// Write makes or overwrites a file with just this mode.
	Write(name string, text []byte, mode fs.FileMode) error
	Rename(from, to string) error
	Remove(name string) error
	RemoveAll(name string) error
	// Sync puts a file's content or a folder's names onto the disk.
	Sync(name string) error
}

type osDisk struct{}

func (osDisk) Mkdir(name string, mode fs.FileMode) error { return os.Mkdir(name, mode) }

func (osDisk) Write(name string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Chmod(mode), f.Close())
}

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }
func (osDisk) Remove(name string) error     { return os.Remove(name) }
func (osDisk) RemoveAll(name string) error  { return os.RemoveAll(name) }

func (osDisk) Sync(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// mkdirs makes a folder and those it lies in, so that they stay.
func mkdirs(d disk, name string, mode fs.FileMode) error {
	if _, err := os.Stat(name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := mkdirs(d, filepath.Dir(name), mode); err != nil {
		return err
	}
	if err := d.Mkdir(name, mode); err != nil {
		return err
	}
	return d.Sync(filepath.Dir(name))
}

// writeSynced makes a new file that stays once its folder is synced too.
func writeSynced(d disk, name string, text []byte, mode fs.FileMode) error {
	if err := d.Write(name, text, mode); err != nil {
		return err
	}
	return d.Sync(name)
}

// aside is where a file is written before it takes its name.
func aside(name string) string {
	return filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".mirrorcart")
}

// replace makes a file, or another of it: at no moment is it missing or half.
func replace(d disk, name string, text []byte, mode fs.FileMode) error {
	if err := writeSynced(d, aside(name), text, mode); err != nil {
		return err
	}
	if err := d.Rename(aside(name), name); err != nil {
		return err
	}
	return d.Sync(filepath.Dir(name))
}

// gone removes a file if it is there.
func gone(d disk, name string) error {
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := d.Remove(name); err != nil {
		return err
	}
	return d.Sync(filepath.Dir(name))
}
