package camera

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // the three kinds whose sizes are read before they are decoded
	_ "image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gocv.io/x/gocv"
	_ "golang.org/x/image/webp" // see above

	"github.com/mirrorcart/mirrorcart/ar"
)

// maxPictureBytes bounds the picture files that are read.
const maxPictureBytes = 64 << 20

// ReadPicture reads a PNG, JPEG or WebP file of at most 40 megapixels into f.
// The turn that a JPEG carries in its EXIF head is applied.
func ReadPicture(path string, f *ar.Frame) error {
	m, err := readPicture(path, path)
	if err != nil {
		return err
	}
	defer m.Close()
	return toFrame(&m, f)
}

// DecodePicture reads a picture of a file called name, of the kinds and sizes
// that ReadPicture does, into f.
func DecodePicture(name string, data []byte, f *ar.Frame) error {
	if err := checkSize(name, bytes.NewReader(data)); err != nil {
		return err
	}
	m, err := decodePicture(name, data)
	if err != nil {
		return err
	}
	defer m.Close()
	return toFrame(&m, f)
}

func toFrame(m *gocv.Mat, f *ar.Frame) error {
	f.Resize(m.Cols(), m.Rows())
	f.Seq = 1
	return withMat(f, func(dst *gocv.Mat) error { return m.CopyTo(dst) })
}

// IsPicture reports whether the file's name is that of a picture.
func IsPicture(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg", ".webp":
		return true
	}
	return false
}

func readPicture(source, path string) (gocv.Mat, error) {
	if err := checkFile(source, path, "name a picture file"); err != nil {
		return gocv.Mat{}, err
	}
	if err := checkPicture(source, path); err != nil {
		return gocv.Mat{}, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return gocv.Mat{}, &SourceError{source, "the file cannot be read", "check its permissions", err}
	}
	return decodePicture(source, data)
}

func decodePicture(source string, data []byte) (gocv.Mat, error) {
	m, err := gocv.IMDecode(data, gocv.IMReadColor)
	if err != nil || m.Empty() {
		m.Close()
		return gocv.Mat{}, &SourceError{source, "the picture is broken", "copy it anew", err}
	}
	return m, nil
}

// checkPicture reads the size from the file's head, before memory is spent.
func checkPicture(source, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return &SourceError{source, "the file cannot be read", "check its permissions", err}
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.Size() > maxPictureBytes {
		return &SourceError{source, "the file is too large", "use a picture of at most 64 MiB", err}
	}
	return checkSize(source, f)
}

func checkSize(source string, r io.Reader) error {
	c, _, err := image.DecodeConfig(r)
	if err != nil {
		return &SourceError{source, "this is not a picture", "use PNG, JPEG or WebP", err}
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return &SourceError{source, fmt.Sprintf("the picture is %d × %d pixels", c.Width, c.Height), "scale it to at most 8192 a side and 40 megapixels", nil}
	}
	return nil
}

// WritePicture writes f to path as PNG, or as JPEG (quality 95), by its ending.
func WritePicture(path string, f *ar.Frame) error {
	ext, params := gocv.PNGFileExt, []int{gocv.IMWritePngCompression, 6}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png":
	case ".jpg", ".jpeg":
		ext, params = gocv.JPEGFileExt, []int{gocv.IMWriteJpegQuality, 95}
	default:
		return fmt.Errorf("write picture %s: the name must end in .png, .jpg or .jpeg", path)
	}
	err := withMat(f, func(m *gocv.Mat) error {
		data, err := gocv.IMEncodeWithParams(ext, *m, params)
		if data != nil {
			defer data.Close()
		}
		if err != nil {
			return err
		}
		return os.WriteFile(path, data.GetBytes(), 0o644)
	})
	if err != nil {
		return fmt.Errorf("write picture %s: %w", path, err)
	}
	return nil
}
