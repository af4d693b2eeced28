package process

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"syscall"
	"time"
)

const (
	// stopLimit bounds how long requests may go on after the stop.
	stopLimit = 5 * time.Second
	// readerLimit bounds how long a client may take to read what is written at a
	// time, a few kilobytes. Slow lines need seconds, and one that never reads
	// would hold its place for ever.
	readerLimit = time.Minute
)

// Listen opens an address to serve at.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use: stop the other program or choose another address: %w", addr, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%q is no address to listen at here (want HOST:PORT): choose another: %w", addr, err)
	}
	return ln, nil
}

// discreet takes the addresses of clients out of net/http's lines, and leaves out
// the one for each client that does not get through a TLS handshake: there are as
// many as strangers like. Who wants to know is told why.
type discreet struct {
	io.Writer
	refused func(why string) // nil where nobody wants to
}

// clients are addresses with ports.
var clients = regexp.MustCompile(`(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.%a-z]+\]):\d+`)

func (d discreet) Write(line []byte) (int, error) {
	_, why, handshake := bytes.Cut(line, []byte("http: TLS handshake error from "))
	if !handshake {
		if _, err := d.Writer.Write(clients.ReplaceAll(line, []byte("a client"))); err != nil {
			return 0, err
		}
		return len(line), nil
	}
	if _, why, _ = bytes.Cut(why, []byte(": ")); d.refused != nil && bytes.Contains(why, []byte("certificate")) {
		d.refused(string(bytes.TrimRight(why, "\"\n"))) // the handler's quotes
	}
	return len(line), nil
}

// Serve serves h at ln until ctx is done, and then lets requests end, for a few
// seconds; those that take longer are cut off.
func Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	return serveAt(ctx, ln, h, nil)
}

// ServeTLS does so over TLS. refused is told why a client's certificate did not let
// it in.
func ServeTLS(ctx context.Context, ln net.Listener, c *tls.Config, h http.Handler, refused func(why string)) error {
	return serveAt(ctx, tls.NewListener(ln, c), h, refused)
}

func serveAt(ctx context.Context, ln net.Listener, h http.Handler, refused func(why string)) error {
	srv := &http.Server{
		Handler:           withPatience(h, readerLimit),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(slog.NewTextHandler(discreet{os.Stderr, refused}, nil), slog.LevelError),
		// Streams end with the shop.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		err := srv.Shutdown(limit)
		if errors.Is(err, context.DeadlineExceeded) {
			// Among those that are left are connections on which nobody has asked for
			// anything, which browsers open in advance: that is no failure of the stop.
			err = srv.Close()
		}
		stopped <- err
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
