package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// forgetful is a folder whose files reach the disk, a folder below, only by
// fsync. Whoever kills the program that serves it cuts the power: what was not
// synced is gone, but for blocks here and there that had gone to the disk by
// themselves, in no order. Names are on the disk at once.
type forgetful struct {
	fs.Inode
	disk string
}

var (
	_ fs.NodeOnAdder  = (*forgetful)(nil)
	_ fs.NodeCreater  = (*forgetful)(nil)
	_ fs.NodeRenamer  = (*forgetful)(nil)
	_ fs.NodeUnlinker = (*forgetful)(nil)
	_ fs.NodeFsyncer  = (*forgetful)(nil)

	_ fs.NodeOpener    = (*forgottenFile)(nil)
	_ fs.NodeGetattrer = (*forgottenFile)(nil)
	_ fs.NodeSetattrer = (*forgottenFile)(nil)
	_ fs.NodeReader    = (*forgottenFile)(nil)
	_ fs.NodeWriter    = (*forgottenFile)(nil)
	_ fs.NodeFsyncer   = (*forgottenFile)(nil)
	_ fs.NodeAllocater = (*forgottenFile)(nil)
)

// serveForgetful serves the folder at mount until it is killed, and says so on
// standard output once it does.
func serveForgetful(disk, mount string) error {
	server, err := fs.Mount(mount, &forgetful{disk: disk}, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMount: true, FsName: "forgetful", Name: "forgetful"},
	})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	server.Wait()
	return errors.New("unmounted")
}

func (d *forgetful) OnAdd(ctx context.Context) {
	entries, err := os.ReadDir(d.disk)
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(d.disk, e.Name()))
		if err != nil {
			panic(err)
		}
		d.AddChild(e.Name(), d.newFile(ctx, e.Name(), text), true)
	}
}

func (d *forgetful) newFile(ctx context.Context, name string, text []byte) *fs.Inode {
	f := &forgottenFile{disk: d.disk, name: name, text: text, dirty: map[int64]bool{}}
	return d.NewPersistentInode(ctx, f, fs.StableAttr{Mode: syscall.S_IFREG})
}

func (d *forgetful) Create(ctx context.Context, name string, _, _ uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if err := os.WriteFile(filepath.Join(d.disk, name), nil, 0o600); err != nil {
		return nil, nil, 0, fs.ToErrno(err)
	}
	child := d.newFile(ctx, name, nil)
	child.Operations().(*forgottenFile).attr(&out.Attr)
	return child, nil, fuse.FOPEN_KEEP_CACHE, 0
}

func (d *forgetful) Rename(_ context.Context, name string, _ fs.InodeEmbedder, newName string, _ uint32) syscall.Errno {
	if replaced := d.GetChild(newName); replaced != nil {
		replaced.Operations().(*forgottenFile).rename("")
	}
	if err := os.Rename(filepath.Join(d.disk, name), filepath.Join(d.disk, newName)); err != nil {
		return fs.ToErrno(err)
	}
	d.GetChild(name).Operations().(*forgottenFile).rename(newName)
	return 0
}

func (d *forgetful) Unlink(_ context.Context, name string) syscall.Errno {
	d.GetChild(name).Operations().(*forgottenFile).rename("")
	return fs.ToErrno(os.Remove(filepath.Join(d.disk, name)))
}

func (d *forgetful) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno { return 0 }

const block = 4096

// forgottenFile is a file of a forgetful folder.
type forgottenFile struct {
	fs.Inode
	disk string

	mu    sync.Mutex
	name  string // empty once it is deleted
	text  []byte
	dirty map[int64]bool // blocks by their number
}

func (f *forgottenFile) rename(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.name = name
}

func (f *forgottenFile) attr(out *fuse.Attr) {
	out.Mode, out.Size, out.Blocks = syscall.S_IFREG|0o600, uint64(len(f.text)), uint64(len(f.text)+511)/512
}

func (f *forgottenFile) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

func (f *forgottenFile) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attr(&out.Attr)
	return 0
}

func (f *forgottenFile) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	if size, ok := in.GetSize(); ok {
		f.resize(int64(size))
	}
	f.attr(&out.Attr)
	return 0
}

func (f *forgottenFile) resize(size int64) {
	if size <= int64(len(f.text)) {
		f.text = f.text[:size:size]
		return
	}
	f.text = append(f.text, make([]byte, size-int64(len(f.text)))...)
}

func (f *forgottenFile) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	if off < int64(len(f.text)) {
		n = copy(dest, f.text[off:])
	}
	return fuse.ReadResultData(dest[:n]), 0
}

func (f *forgottenFile) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if end := off + int64(len(data)); end > int64(len(f.text)) {
		f.resize(end)
	}
	copy(f.text[off:], data)
	early := map[int64]bool{}
	for b := off / block; b*block < off+int64(len(data)); b++ {
		if f.dirty[b] = true; rand.IntN(8) == 0 {
			early[b] = true
		}
	}
	if err := f.store(early); err != nil {
		return 0, fs.ToErrno(err)
	}
	return uint32(len(data)), 0
}

// Allocate leaves a file that is made bigger to ordinary writes.
func (f *forgottenFile) Allocate(context.Context, fs.FileHandle, uint64, uint64, uint32) syscall.Errno {
	return syscall.EOPNOTSUPP
}

func (f *forgottenFile) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.store(f.dirty); err != nil {
		return fs.ToErrno(err)
	}
	f.dirty = map[int64]bool{}
	if f.name == "" {
		return 0
	}
	return fs.ToErrno(os.Truncate(filepath.Join(f.disk, f.name), int64(len(f.text))))
}

// store writes blocks to the disk.
func (f *forgottenFile) store(blocks map[int64]bool) (err error) {
	if f.name == "" || len(blocks) == 0 {
		return nil
	}
	out, err := os.OpenFile(filepath.Join(f.disk, f.name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for b := range blocks {
		from := b * block
		if from >= int64(len(f.text)) {
			continue
		}
		if _, err := out.WriteAt(f.text[from:min(from+block, int64(len(f.text)))], from); err != nil {
			return err
		}
	}
	return nil
}
