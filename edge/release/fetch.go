package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// assetPath leads the address of a file at HQ.
const assetPath = "/assets/v1/"

// File brings a file that no catalogue names, unless it is here, and returns where
// it lies. It stays for a day at least.
func (f *Fetcher) File(ctx context.Context, sum edge.Hash, size int64) (path string, err error) {
	if size < 1 || size > edge.MaxAssetBytes {
		return "", edge.Errorf("release.File", edge.TooLarge, "file %s of %d bytes: want 1 to %d", sum, size, edge.MaxAssetBytes)
	}
	if err := f.fetch(ctx, sum, size); err != nil {
		return "", err
	}
	return f.files.path(sum), nil
}

// fetch brings a file into the folder, going on where it was cut off.
func (f *Fetcher) fetch(ctx context.Context, sum edge.Hash, size int64) (err error) {
	if f.files.has(sum, size) {
		return nil
	}
	p, err := f.files.begin(sum, size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.file.Close()) }()
	if p.have < size {
		if err := f.download(ctx, p); err != nil {
			return fmt.Errorf("file %s: %d of %d bytes are here: %w", sum, p.have, size, err)
		}
	}
	if err := p.finish(); err != nil {
		return fmt.Errorf("file %s: %w", sum, err)
	}
	return nil
}

// download asks for what is missing of p. A server that falls silent is left.
func (f *Fetcher) download(ctx context.Context, p *part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(f.c.Patience, func() { cancel(errSilent) })
	defer silent.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(f.c.Base, "/")+assetPath+p.sum.String(), nil)
	if err != nil {
		return err
	}
	if p.have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.have))
	}
	res, err := f.c.Client.Do(req)
	if err != nil {
		return causeOf(ctx, err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusOK:
		if err := p.restart(); err != nil {
			return err
		}
	case res.StatusCode == http.StatusPartialContent && p.have > 0:
		if want := fmt.Sprintf("bytes %d-", p.have); !strings.HasPrefix(res.Header.Get("Content-Range"), want) {
			return errors.Join(fmt.Errorf("HQ sent the range %.60q", res.Header.Get("Content-Range")), p.restart())
		}
	case res.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(errors.New("HQ has less of it"), p.restart())
	default:
		return fmt.Errorf("HQ answers %s", res.Status)
	}
	before := p.have
	_, err = io.Copy(p, &heard{res.Body, silent, f.c.Patience})
	if p.have > before {
		f.moved.Store(true)
	}
	switch {
	case err != nil:
		return causeOf(ctx, err)
	case p.have < p.want:
		return io.ErrUnexpectedEOF
	}
	return nil
}

var errSilent = errors.New("HQ has fallen silent")

func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// heard puts off the alarm whenever something comes.
type heard struct {
	io.Reader
	silent *time.Timer
	wait   time.Duration
}

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Reader.Read(b)
	if n > 0 {
		h.silent.Reset(h.wait)
	}
	return n, err
}
