package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ActAsOwner gives up root, for good, for the user and the group whose the folder
// is: what a command writes there must be of use to the service that runs as them.
// Of a folder that is not there yet it is the one in which it will be made. Nothing
// changes for anybody else, nor in a folder of root's: systemd gives a StateDirectory
// that root made to the service's user.
func ActAsOwner(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	for ; errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir); info, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	err = syscall.Setgroups([]int{})
	if err == nil {
		err = syscall.Setgid(int(owner.Gid))
	}
	if err == nil {
		err = syscall.Setuid(int(owner.Uid))
	}
	if err != nil {
		return fmt.Errorf("root cannot act as the owner of %s: %w", dir, err)
	}
	return nil
}
