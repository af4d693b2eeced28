package address

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

// page is the list as a browser fetches it.
type page struct {
	name         string
	plain, small []byte
}

// newPage names the list by what it holds.
func newPage(country string, list []byte) (page, error) {
	var small bytes.Buffer
	z, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return page{}, err
	}
	if _, err = z.Write(list); err == nil {
		err = z.Close()
	}
	if err != nil {
		return page{}, fmt.Errorf("address: packing the list of %s: %w", country, err)
	}
	sum := sha256.Sum256(list)
	return page{name: country + "-" + hex.EncodeToString(sum[:6]) + ".json", plain: list, small: small.Bytes()}, nil
}

// File is the name under which ServeHTTP's list may be kept for ever: another
// list has another name.
func (d *Directory) File() string { return d.page.name }

// ServeHTTP answers Vietnam's list of provinces and wards, compressed for those
// who take that: [{"code", "name", "wards": [[code, name], …]}, …].
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := d.page.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = d.page.small
	}
	_, _ = w.Write(body) // who has gone away cannot be told
}
