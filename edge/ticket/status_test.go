package ticket

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestStatusReplies(t *testing.T) {
	for _, tt := range []struct {
		name    string
		replies replies
		want    edge.PrintReason
	}{
		{"ready", replies{0x12, 0x12, 0x12, 0x12}, edge.PrinterReady},
		{"out of paper, as docs.rs hardless_http_dialects has it", replies{0x1A, 0x32, 0x12, 0x7E}, edge.PrinterPaperOut},
		{"stopped by the end of the paper", replies{0x1A, 0x32, 0x12, 0x12}, edge.PrinterPaperOut},
		{"paper sensor alone", replies{0x12, 0x12, 0x12, 0x72}, edge.PrinterPaperOut},
		{"little paper", replies{0x12, 0x12, 0x12, 0x1E}, edge.PrinterPaperLow},
		{"cover open, which looks like no paper", replies{0x1A, 0x36, 0x12, 0x7E}, edge.PrinterCoverOpen},
		{"cutter", replies{0x1A, 0x52, 0x1A, 0x12}, edge.PrinterFault},
		{"beyond mending", replies{0x1A, 0x12, 0x32, 0x12}, edge.PrinterFault},
		{"offline for a reason of its own", replies{0x1A, 0x12, 0x12, 0x12}, edge.PrinterOffline},
		{"somebody feeds paper", replies{0x12, 0x1A, 0x12, 0x12}, edge.PrinterReady},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, tt.replies.reason()) })
	}
}

// dialogue answers with what is in it, whatever is asked.
type dialogue struct {
	asked   bytes.Buffer
	answers io.Reader
}

func (d *dialogue) Write(b []byte) (int, error) { return d.asked.Write(b) }
func (d *dialogue) Read(b []byte) (int, error)  { return d.answers.Read(b) }

func TestAskingForTheStatus(t *testing.T) {
	d := &dialogue{answers: bytes.NewReader([]byte{0xFF, 0x00, 0x1A, 'x', 0x32, 0x12, 0x7E})}
	r, err := askReplies(d)
	require.NoError(t, err)
	require.Equal(t, replies{0x1A, 0x32, 0x12, 0x7E}, r)
	require.Equal(t, "\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04", d.asked.String())

	_, err = askReplies(&dialogue{answers: bytes.NewReader([]byte{0x12})})
	require.ErrorIs(t, err, io.EOF)
	_, err = askReplies(&dialogue{answers: bytes.NewReader(bytes.Repeat([]byte{0x00}, 1000))})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}

func FuzzStatus(f *testing.F) {
	f.Add([]byte{0x12, 0x12, 0x12, 0x12})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := askReplies(&dialogue{answers: bytes.NewReader(b)}); err == nil {
			_ = r.reason()
			for _, reply := range r {
				require.Equal(t, byte(0x12), reply&0x93)
			}
		}
	})
}

func TestAJobsBytes(t *testing.T) {
	r, err := NewRaster(Paper58, 130)
	require.NoError(t, err)
	r.bits[0] = 0x80
	strip := func(rows byte) []byte {
		return append([]byte{0x1D, 0x76, 0x30, 0x00, 48, 0, rows, 0}, make([]byte, 48*int(rows))...)
	}
	first := strip(128)
	first[8] = 0x80
	for _, tt := range []struct {
		job  Job
		want [][]byte
	}{
		{Job{Raster: r, Cut: true, Drawer: true}, [][]byte{{0x1B, 0x40, 0x1B, 0x70, 0x00, 0x19, 0xFA}, first, strip(8), {0x1D, 0x56, 0x42, 0x00}}},
		{Job{Raster: r}, [][]byte{{0x1B, 0x40}, first, strip(8), {0x1B, 0x64, 0x05}}},
	} {
		require.Equal(t, tt.want, tt.job.parts())
		require.Equal(t, bytes.Join(tt.want, nil), tt.job.AppendESCPOS(nil))
	}
}
