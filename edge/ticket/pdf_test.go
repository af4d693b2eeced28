package ticket

import (
	"bytes"
	"compress/zlib"
	"image"
	"io"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWritePDF(t *testing.T) {
	r, err := NewRaster(Paper80, 160)
	require.NoError(t, err)
	r.Fill(image.Rect(3, 2, 50, 40))
	var b bytes.Buffer
	require.NoError(t, r.WritePDF(&b))
	doc := b.Bytes()
	require.True(t, bytes.HasPrefix(doc, []byte("%PDF-1.4\n")))
	require.Contains(t, b.String(), "/MediaBox[0 0 204.094 56.693]", "72 mm by 20 mm")

	start := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(doc)
	require.NotNil(t, start)
	xref, err := strconv.Atoi(string(start[1]))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(doc[xref:], []byte("xref\n0 6\n")))
	for i, m := range regexp.MustCompile(`(\d{10}) 00000 n `).FindAllSubmatch(doc[xref:], -1) {
		at, err := strconv.Atoi(string(m[1]))
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(doc[at:], []byte(strconv.Itoa(i+1)+" 0 obj\n")))
	}
	picture := regexp.MustCompile(`(?s)/Width 576/Height 160.*/Length (\d+)>>stream\n`).FindSubmatchIndex(doc)
	require.NotNil(t, picture)
	z, err := zlib.NewReader(bytes.NewReader(doc[picture[1]:]))
	require.NoError(t, err)
	bits, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, r.bits, bits)
}
