package firmwarecfg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadOrCreateSecret reads a small file of secrets, which its owner alone may
// read. Where there is none it is made with what fresh returns.
func LoadOrCreateSecret(path string, fresh func() string) ([]byte, error) {
	text, err := LoadSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	if err := writeSecret(path, []byte(fresh()), os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: cannot make it: %s", path, reason(err))
	}
	return LoadSecret(path) // read back, so that two processes that start at once agree
}

// LoadSecret is LoadOrCreateSecret where the file must be there.
func LoadSecret(path string) ([]byte, error) {
	return loadSecret(path, 0o077, "others may read it (mode %04o): run chmod 600 %s, and make another key if they could have")
}

// LoadCredential reads a secret that systemd gives a service in a folder of the
// service's own. Since systemd 254 the service's user may read it by an access list,
// and the mode says 0440 for that.
func LoadCredential(path string) ([]byte, error) {
	return loadSecret(path, 0o037, "everybody may read it, or a group may change it (mode %04o): run chmod 400 %s")
}

// loadSecret reads a file for which nobody has one of the rights in not.
func loadSecret(path string, not fs.FileMode, otherwise string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if mode := info.Mode().Perm(); mode&not != 0 {
		return nil, fmt.Errorf("%s: "+otherwise, path, mode, path)
	}
	text, err := readSmall(path)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot read it: %s", path, reason(err))
	}
	return text, nil
}

// ReplaceSecret puts a text in the place of a file of secrets, whole or not at all.
func ReplaceSecret(path string, text []byte) error {
	if err := writeSecret(path, text, os.Rename); err != nil {
		return fmt.Errorf("%s: cannot write it: %s", path, reason(err))
	}
	return nil
}

// writeSecret writes a file beside path, and puts it in its place.
func writeSecret(path string, text []byte, put func(from, to string) error) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := put(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}
