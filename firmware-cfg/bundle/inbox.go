package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Where in its own folder the gateway, which is no root, leaves bundles.
const (
	inboxName = "bundle/inbox"
	suffix    = ".bundle"
	maxInbox  = 16 // files that are looked at in one go
)

// Leave puts an archive into the gateway's folder, where an Applier takes it from.
// What becomes of it says the Status: its Attempt.File is the archive's Digest.
func Leave(dir string, archive []byte) error {
	var d osDisk
	inbox := filepath.Join(dir, filepath.FromSlash(inboxName))
	err := mkdirs(d, inbox, 0o700)
	if err == nil {
		err = replace(d, filepath.Join(inbox, Digest(archive)+suffix), archive, 0o600)
	}
	if err != nil {
		return fmt.Errorf("the bundle cannot be left for the machine: %w", err)
	}
	return nil
}

// TakeIn applies what was left in the gateway's folder, and empties it. Whoever
// owns that folder may put anything into it: no link leads out of it, and nothing
// in it is waited for.
func (a *Applier) TakeIn(ctx context.Context, dir string) error {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the gateway's folder: %w", err)
	}
	defer root.Close()
	inbox, err := root.Open(inboxName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the folder that bundles are left in: %w", err)
	}
	names, err := inbox.Readdirnames(maxInbox)
	if err = errors.Join(err, inbox.Close()); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("the folder that bundles are left in: %w", err)
	}
	slices.Sort(names)
	var errs []error
	for _, name := range names {
		if !strings.HasSuffix(name, suffix) || ctx.Err() != nil {
			continue
		}
		errs = append(errs, a.takeOne(ctx, root, path.Join(inboxName, name)))
	}
	return errors.Join(errs...)
}

func (a *Applier) takeOne(ctx context.Context, root *os.Root, name string) error {
	archive, err := readLeft(root, name)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", name, err), root.RemoveAll(name))
	}
	return a.Apply(ctx, archive, func() error { return root.Remove(name) })
}

func readLeft(root *os.Root, name string) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no file")
	}
	return io.ReadAll(io.LimitReader(f, MaxArchive+1)) // Apply refuses what is longer
}
