package sqlite

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/mirrorcart/mirrorcart/edge"
)

// lock keeps a second program from the database's file. The file beside it that
// carries the lock stays when the lock goes.
type lock struct{ f *os.File }

func acquire(op, path string) (*lock, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: making the database's lock: %w", op, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &lock{f}, nil
	}
	err = errors.Join(err, f.Close())
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, edge.Errorf(op, edge.Conflict, "a gateway is running on %s: stop it first", path)
	}
	return nil, fmt.Errorf("%s: locking the database: %w", op, err)
}

// InUse reports whether a gateway runs on the database at path.
func InUse(path string) bool {
	f, err := os.Open(path + ".lock")
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// release lets the next one in; the kernel does it for a program that was
// killed.
func (l *lock) release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}
