package camera

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// rtspServer is a network camera: RTSP 1.0 (RFC 2326) with JPEG over RTP (RFC
// 2435) inside the TCP connection, 25 test cards a second.
type rtspServer struct {
	t      *testing.T
	ln     net.Listener
	auth   string // user:password that is asked for; empty for none
	width  int
	height int
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	mute   bool // sends no more pictures, though the connection stands
	done   sync.WaitGroup
}

func startRTSP(t *testing.T, addr, auth string) *rtspServer {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	s := &rtspServer{t: t, ln: ln, auth: auth, width: 640, height: 352, conns: map[net.Conn]struct{}{}}
	s.done.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[c] = struct{}{}
			s.mu.Unlock()
			s.done.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(s.stop)
	return s
}

// stop is the camera's plug being pulled.
func (s *rtspServer) stop() {
	s.ln.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

func (s *rtspServer) silence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = true
}

func (s *rtspServer) url(user string) string {
	if user != "" {
		user += "@"
	}
	return "rtsp://" + user + s.ln.Addr().String() + "/stream1"
}

func (s *rtspServer) serve(c net.Conn) {
	defer c.Close()
	r := textproto.NewReader(bufio.NewReader(c))
	var write sync.Mutex
	stop := make(chan struct{})
	defer close(stop)
	for {
		request, err := r.ReadLine()
		if err != nil {
			return
		}
		head, err := r.ReadMIMEHeader()
		if err != nil {
			return
		}
		method, _, _ := strings.Cut(request, " ")
		status, more, body := "200 OK", "", ""
		switch {
		case method == "OPTIONS":
			more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
		case s.auth != "" && head.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(s.auth)):
			status, more = "401 Unauthorized", "WWW-Authenticate: Basic realm=\"camera\"\r\n"
		case method == "DESCRIBE":
			body = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track0\r\n"
			more = fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n", len(body))
		case method == "SETUP":
			more = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
		case method == "PLAY":
			more = "Session: 1\r\n"
			s.done.Go(func() { s.play(c, &write, stop) })
		}
		write.Lock()
		_, err = fmt.Fprintf(c, "RTSP/1.0 %s\r\nCSeq: %s\r\n%s\r\n%s", status, head.Get("Cseq"), more, body)
		write.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *rtspServer) play(c net.Conn, write *sync.Mutex, stop <-chan struct{}) {
	tick := time.NewTicker(time.Second / 25)
	defer tick.Stop()
	encoder := &JPEG{Quality: 90}
	var f ar.Frame
	var packets uint16
	for n := uint64(1); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		s.mu.Lock()
		mute, width, height := s.mute, s.width, s.height
		s.mu.Unlock()
		if mute {
			continue
		}
		f.Resize(width, height)
		f.Seq = n
		fake.TestCard(&f)
		data, err := encoder.Encode(nil, &f)
		if err != nil {
			s.t.Error(err)
			return
		}
		write.Lock()
		_, err = c.Write(rtpJPEG(data, width, height, uint32(n)*3600, &packets))
		write.Unlock()
		if err != nil {
			return
		}
	}
}

// rtpJPEG packs a JPEG (4:2:0, the usual Huffman tables) as RFC 2435 says, each
// packet behind the four bytes that RTSP puts before it.
func rtpJPEG(data []byte, width, height int, timestamp uint32, number *uint16) []byte {
	var tables, out []byte
	i := 2
	for data[i+1] != 0xDA {
		n := int(binary.BigEndian.Uint16(data[i+2:]))
		if data[i+1] == 0xDB {
			for seg := data[i+4 : i+2+n]; len(seg) >= 65; seg = seg[65:] {
				tables = append(tables, seg[1:65]...)
			}
		}
		i += 2 + n
	}
	scan := data[i+2+int(binary.BigEndian.Uint16(data[i+2:])) : len(data)-2]
	for offset := 0; offset < len(scan); {
		payload := []byte{0, byte(offset >> 16), byte(offset >> 8), byte(offset), 1, 255, byte(width / 8), byte(height / 8)}
		if offset == 0 {
			payload = append(payload, 0, 0, byte(len(tables)>>8), byte(len(tables)))
			payload = append(payload, tables...)
		}
		part := scan[offset:min(offset+1300, len(scan))]
		offset += len(part)
		marker := byte(0)
		if offset == len(scan) {
			marker = 0x80
		}
		head := []byte{0x80, marker | 26, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}
		*number++
		binary.BigEndian.PutUint16(head[2:], *number)
		binary.BigEndian.PutUint32(head[4:], timestamp)
		payload = append(append(head, payload...), part...)
		out = append(out, '$', 0, byte(len(payload)>>8), byte(len(payload)))
		out = append(out, payload...)
	}
	return out
}

func TestNetworkCamera(t *testing.T) {
	s := startRTSP(t, "127.0.0.1:0", "shop:p%ss")
	cam := open(t, Config{Source: s.url("shop:p%25ss"), Width: 320, Height: 176})
	var f ar.Frame
	var last uint16
	start := time.Now()
	for range 50 {
		require.NoError(t, cam.Read(t.Context(), &f))
		n := fake.Counter(&f)
		require.Greater(t, n, last)
		last = n
	}
	require.Equal(t, []int{320, 176}, []int{f.Width, f.Height})
	require.EqualValues(t, 50, f.Seq)
	require.WithinDuration(t, start.Add(2*time.Second), time.Now(), 1500*time.Millisecond, "25 a second")
}

// A camera that is switched off, or whose network is cut, is an error within a
// few seconds; when it is there again it can be opened again.
func TestNetworkCameraUnplugged(t *testing.T) {
	for name, unplug := range map[string]func(*rtspServer){"plug": (*rtspServer).stop, "network": (*rtspServer).silence} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startRTSP(t, "127.0.0.1:0", "")
			cam := open(t, Config{Source: s.url("")})
			var f ar.Frame
			require.NoError(t, cam.Read(t.Context(), &f))
			start := time.Now()
			unplug(s)
			var err error
			for err == nil {
				err = cam.Read(t.Context(), &f)
			}
			require.ErrorContains(t, err, "gives no more pictures")
			require.Less(t, time.Since(start), streamReadTimeout+2*time.Second)
			t.Logf("error after %v", time.Since(start))

			s.stop()
			_, err = Open(t.Context(), Config{Source: s.url("")})
			require.ErrorContains(t, err, "does not answer")
			back := startRTSP(t, s.ln.Addr().String(), "")
			again := open(t, Config{Source: back.url("")})
			require.NoError(t, again.Read(t.Context(), &f))
		})
	}
}

func TestNetworkCameraOfTheWrongSize(t *testing.T) {
	s := startRTSP(t, "127.0.0.1:0", "")
	cam := open(t, Config{Source: s.url(""), Width: 1280, Height: 720})
	err := cam.Read(t.Context(), &ar.Frame{})
	require.ErrorContains(t, err, "640 × 352 pixels are too few for 1280 × 720")
	var named interface{ Fault() ar.Fault }
	require.ErrorAs(t, err, &named)
	require.Equal(t, ar.FaultSize, named.Fault())
}

// Nobody who reads a log, a status or a page learns the camera's password.
func TestPasswordStaysHidden(t *testing.T) {
	const secret = "hush42"
	s := startRTSP(t, "127.0.0.1:0", "shop:other")
	addr := s.ln.Addr().String()
	said := stderr(t, func() {
		for _, source := range []string{
			"rtsp://shop:" + secret + "@" + addr + "/stream1",
			"rtsp://shop:" + secret + "@127.0.0.1:1/x",
			"rtsp://shop:" + secret + "@/x",
			"rtsp://shop:" + secret + "%zz@host/x",
			"rtsp://shop:a/b@" + secret + "@" + addr + "/x",
			"rtsp://" + addr + "/x?user=shop&password=" + secret,
			"rtsp://shop:" + secret + "\x00@host/x",
			"rtsp://shop:" + secret + "\x7f@host/x",
		} {
			_, err := Open(t.Context(), Config{Source: source})
			require.Error(t, err)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), secret)
		}
		_, err := Open(t.Context(), Config{Source: "rtsp://shop:" + secret + "@" + addr + "/x", Rotate: 7})
		require.NotContains(t, err.Error(), secret)
	})
	require.NotContains(t, said, secret, "OpenCV and FFmpeg told it")
	require.False(t, bytes.Contains([]byte(said), []byte(base64.StdEncoding.EncodeToString([]byte("shop:"+secret)))))
}
