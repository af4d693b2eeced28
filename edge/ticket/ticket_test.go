package ticket

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// link is as long as that of a cart with n characters of token.
func link(n int) string {
	const alphabet = "AfXxJ2k_9-QwErTyUiOpZcVbNm0123456789"
	return "https://cart.example.vn/c/" + strings.Repeat(alphabet, n/len(alphabet)+1)[:n]
}

func TestQRReadsBackFromThePrint(t *testing.T) {
	for _, tt := range []struct {
		name  string
		paper Paper
		token int
	}{
		{"80 mm, one line", Paper80, 160},
		{"80 mm, five lines", Paper80, 235},
		{"80 mm, as long as fits", Paper80, MaxLink - len(link(0))},
		{"58 mm, one line", Paper58, 160},
		{"58 mm, as long as fits", Paper58, MaxLink - len(link(0))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := link(tt.token)
			r, err := QR(text, tt.paper)
			require.NoError(t, err)
			require.Zero(t, r.Bounds().Dy()%8)
			read, err := ReadBack(r)
			require.NoError(t, err)
			require.Equal(t, text, read)

			var picture bytes.Buffer
			require.NoError(t, r.WritePNG(&picture))
			require.Equal(t, text, zbar(t, picture.Bytes()))
			again := fromESCPOS(t, r.AppendESCPOS(nil))
			require.Equal(t, r, again)
		})
	}
}

// Codes that a reader which looks for slanted codes took for damaged ones are
// among these: about one in sixty.
func TestEveryPrintReadsBack(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		token := make([]byte, 180)
		for i := range token {
			token[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		text := "https://cart.example.vn/c/" + string(token)
		r, err := QR(text, Paper80)
		require.NoError(t, err)
		read, err := ReadBack(r)
		require.NoError(t, err, text)
		require.Equal(t, text, read)
	}
}

// zbar reads a picture with the zbar library, which many scanners are built on.
func zbar(t *testing.T, picture []byte) string {
	path, err := exec.LookPath("zbarimg")
	require.NoError(t, err, "this test reads QR codes with zbarimg: install the package zbar-tools")
	cmd := exec.CommandContext(t.Context(), path, "--quiet", "--raw", "--oneshot", "-Sbinary", "-Sdisable", "-Sqrcode.enable", "-")
	cmd.Stdin = bytes.NewReader(picture)
	out, err := cmd.Output()
	require.NoError(t, err, "zbarimg found no code on the print")
	return strings.TrimSuffix(string(out), "\n")
}

// fromESCPOS puts a raster together again from what the printer gets.
func fromESCPOS(t *testing.T, b []byte) *Raster {
	r := &Raster{}
	for len(b) > 0 {
		require.Equal(t, []byte{0x1D, 0x76, 0x30, 0}, b[:4])
		stride, rows := int(b[4])|int(b[5])<<8, int(b[6])|int(b[7])<<8
		require.LessOrEqual(t, rows, 128)
		r.width, r.stride, r.height = stride*8, stride, r.height+rows
		r.bits = append(r.bits, b[8:8+stride*rows]...)
		b = b[8+stride*rows:]
	}
	return r
}

func TestQRLayout(t *testing.T) {
	r, err := QR(link(160), Paper80) // 186 characters: version 10, 57 modules, at level M
	require.NoError(t, err)
	black := image.Rectangle{Min: image.Pt(r.width, r.height)}
	for y := range r.height {
		for x := range r.width {
			if r.Black(x, y) {
				black.Min = image.Pt(min(black.Min.X, x), min(black.Min.Y, y))
				black.Max = image.Pt(max(black.Max.X, x+1), max(black.Max.Y, y+1))
			}
		}
	}
	const dots, quiet = 8, 4 * 8
	require.Equal(t, image.Rect(60, quiet, 60+57*dots, quiet+57*dots), black)
	require.Equal(t, (57+8)*dots, r.height)
}

func TestAppendESCPOS(t *testing.T) {
	r, err := NewRaster(Paper58, 130)
	require.NoError(t, err)
	r.Fill(image.Rect(0, 0, 1, 1))
	r.Fill(image.Rect(9, 0, 11, 1))
	r.Fill(image.Rect(383, 127, 500, 129)) // over the edge, and over the strips' border

	want := []byte("before")
	want = append(want, 0x1D, 0x76, 0x30, 0x00, 48, 0, 128, 0)
	rows := make([]byte, 48*128)
	rows[0], rows[1], rows[48*127+47] = 0x80, 0x60, 0x01
	want = append(want, rows...)
	want = append(want, 0x1D, 0x76, 0x30, 0x00, 48, 0, 8, 0)
	rows = make([]byte, 48*8)
	rows[47] = 0x01
	want = append(want, rows...)
	require.Equal(t, want, r.AppendESCPOS([]byte("before")))
}

func TestWritePNG(t *testing.T) {
	r, err := NewRaster(Paper80, 8)
	require.NoError(t, err)
	r.Fill(image.Rect(3, 2, 5, 4))
	var b bytes.Buffer
	require.NoError(t, r.WritePNG(&b))
	img, err := png.Decode(&b)
	require.NoError(t, err)
	require.Equal(t, r.Bounds(), img.Bounds())
	for y := range 8 {
		for x := range 8 {
			level, _, _, _ := img.At(x, y).RGBA()
			require.Equal(t, r.Black(x, y), level == 0, "dot %d,%d", x, y)
		}
	}
}

func TestRefusals(t *testing.T) {
	_, err := QR("", Paper80)
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	_, err = QR(link(MaxLink+1-len(link(0))), Paper80)
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
	require.ErrorContains(t, err, "272 characters")
	_, err = QR("x", 100)
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
	_, err = QR("x", 400)
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	for _, height := range []int{-1, 0, maxHeight + 1} {
		_, err = NewRaster(Paper80, height)
		require.Equal(t, edge.Invalid, edge.KindOf(err))
	}
	blank, err := NewRaster(Paper58, 200)
	require.NoError(t, err)
	_, err = ReadBack(blank)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}

func BenchmarkQRToESCPOS(b *testing.B) {
	text := link(235)
	var out []byte
	for b.Loop() {
		r, err := QR(text, Paper80)
		require.NoError(b, err)
		out = r.AppendESCPOS(out[:0])
	}
}
