package mqtt

import (
	"crypto/tls"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const accepted = "\x20\x02\x00\x00" // a CONNACK

// broker takes connections, lets each in, and says the same to each thereafter.
func broker(t testing.TB, says []byte) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 4096)
			for _, s := range [][]byte{[]byte(accepted), says} {
				if _, err := c.Read(b); err == nil { // CONNECT, SUBSCRIBE
					_, _ = c.Write(s) // it may have hung up
				}
			}
			_ = c.(*net.TCPConn).CloseWrite() // it may have hung up
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	return l.Addr().String()
}

// reset is a connection that the other side has ended, once it had said why.
type reset struct {
	net.Conn
	reason error
}

func (r *reset) Write([]byte) (int, error)       { return 0, syscall.ECONNRESET }
func (r *reset) Read([]byte) (int, error)        { return 0, r.reason }
func (r *reset) SetReadDeadline(time.Time) error { return nil }

// The broker's reason for a reset is told if it is that the certificate was taken
// back; all others are a lost connection.
func TestWhyTheFirstPacketWasNotTaken(t *testing.T) {
	revoked := &net.OpError{Op: "remote error", Err: certificateRevoked}
	for reason, want := range map[error]error{
		revoked: revoked, io.EOF: syscall.ECONNRESET, &net.OpError{Op: "remote error", Err: tls.AlertError(42)}: syscall.ECONNRESET,
	} {
		g := &guard{Conn: &reset{reason: reason}}
		_, err := g.Write([]byte{0x10})
		require.Equal(t, want, err)
		_, err = g.Write([]byte{0x10})
		require.Equal(t, syscall.ECONNRESET, err, "later, whoever reads has been told")
	}
}

// No broker stops the program, whatever it says.
func FuzzBroker(f *testing.F) {
	for _, s := range []string{
		"", "\x90\x05\x00\x01\x01\x01\x01", "\x90\x03\x00\x01\x80", "\x90\x02\x00\x01", "\x90\x00", "\x90\xff\xff\xff\xff\xff",
		"\x30\xff\xff\xff\x7f", "\x30\x05\xff\xff\x00\x00\x00", "\x32\x02\x00\x00", "\x30\x00", "\x40\x00", "\x40\x02\x00\x01", "\x50\x02\x00\x01",
		"\x62\x02\x00\x01", "\x70\x02\x00\x01", "\xb0\x02\x00\x01", "\xd0\x00", "\xc0\x00", "\x20\x02\x00\x00", "\x10\x00", "\x00\x00", "\xf0\x00",
		"\x90\x03\x00\x01\x01\x34\x07\x00\x01a\x00\x01hi\x62\x02\x00\x01",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, says []byte) {
		d := testDialer(broker(t, says))
		l, err := d.Dial(t.Context(), cloudsync.Session{Filters: []string{"a"}})
		if err != nil {
			require.Equal(t, edge.Unavailable, edge.KindOf(err))
			return
		}
		l.Close()
	})
}

// Packets pass as they are, in whatever pieces they come, until one answers more
// than was asked.
func TestGuardLetsThrough(t *testing.T) {
	good := accepted + "\x90\x04\x00\x01\x01\x80" + "\x30\x85\x01\x00\x01a" + string(make([]byte, 130)) + "\xd0\x00"
	bad := good + "\x90\x05\x00\x01\x01\x01\x01"
	for name, in := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader,
	} {
		for said, want := range map[string]string{good: "", bad: "answers 3 subscriptions"} {
			near, far := net.Pipe()
			go func() {
				_, _ = io.WriteString(far, said) // the guard may have hung up
				far.Close()
			}()
			got, err := io.ReadAll(in(&guard{Conn: near, filters: 2}))
			near.Close()
			if want != "" {
				require.ErrorContains(t, err, want, name)
				continue
			}
			require.NoError(t, err, name)
			require.Equal(t, said, string(got), name)
		}
	}
}
