package release

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const partSuffix = ".part"

// folder keeps files under the hash of what is in them. What is not whole yet
// has another ending.
type folder string

func (f folder) path(sum edge.Hash) string { return filepath.Join(string(f), sum.String()) }

// has reports whether the file is there. It was verified when it was stored.
func (f folder) has(sum edge.Hash, size int64) bool {
	st, err := os.Stat(f.path(sum))
	return err == nil && st.Mode().IsRegular() && st.Size() == size
}

// part is a file that is being fetched. One goroutine at a time may have it.
type part struct {
	file *os.File
	have int64
	want int64
	sum  edge.Hash
	to   folder
}

// begin opens what is there of a file, perhaps nothing.
func (f folder) begin(sum edge.Hash, size int64) (*part, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(f.path(sum)+partSuffix, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	p := &part{file: file, want: size, sum: sum, to: f}
	if p.have, err = file.Seek(0, io.SeekEnd); err == nil && p.have > size {
		err = p.restart()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

// restart forgets what is there.
func (p *part) restart() error {
	p.have = 0
	_, err := p.file.Seek(0, io.SeekStart)
	return errors.Join(p.file.Truncate(0), err)
}

// Write adds to the file, and never more than is wanted.
func (p *part) Write(b []byte) (int, error) {
	if p.have+int64(len(b)) > p.want {
		return 0, fmt.Errorf("more than %d bytes came", p.want)
	}
	n, err := p.file.Write(b)
	p.have += int64(n)
	return n, err
}

// finish verifies the file and gives it its name, durably. One that is not what
// it should be is thrown away.
func (p *part) finish() error {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(h, p.file); err != nil {
		return err
	}
	if edge.Hash(h.Sum(nil)) != p.sum {
		return errors.Join(errors.New("what came is not what was asked for"), p.restart())
	}
	if err := p.file.Sync(); err != nil {
		return err
	}
	return os.Rename(p.file.Name(), p.to.path(p.sum))
}

// read returns a file that is there.
func (f folder) read(sum edge.Hash) ([]byte, error) { return os.ReadFile(f.path(sum)) }

// prune deletes what is not in keep and has not been touched since before.
func (f folder) prune(keep map[edge.Hash]bool, before time.Time) (n int, err error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, e := range entries {
		var sum edge.Hash
		name := strings.TrimSuffix(e.Name(), partSuffix)
		if sum.UnmarshalText([]byte(name)) != nil || sum.String() != name || keep[sum] {
			continue // not ours, or needed
		}
		if st, err := e.Info(); err != nil || st.ModTime().After(before) {
			continue
		}
		errs = append(errs, os.Remove(filepath.Join(string(f), e.Name())))
		n++
	}
	return n, errors.Join(errs...)
}
