package process

import (
	"bufio"
	"net"
	"net/http"
	"time"
)

// withPatience ends the connections of clients that do not read what h writes
// within limit. A handler that sets deadlines of its own keeps to those.
func withPatience(h http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &patient{ResponseWriter: w, rc: http.NewResponseController(w), limit: limit}
		h.ServeHTTP(p, r)
		p.renew() // what is still to be written, and what the request before has left
	})
}

// patient renews the deadline with everything that is written.
type patient struct {
	http.ResponseWriter
	rc    *http.ResponseController
	limit time.Duration
	own   bool // the handler's deadlines, or its connection
}

func (p *patient) renew() {
	if !p.own {
		_ = p.rc.SetWriteDeadline(time.Now().Add(p.limit)) // where there are none it waits longer
	}
}

func (p *patient) WriteHeader(status int) {
	p.renew()
	p.ResponseWriter.WriteHeader(status)
}

func (p *patient) Write(b []byte) (int, error) {
	p.renew()
	return p.ResponseWriter.Write(b)
}

func (p *patient) Flush() {
	p.renew()
	_ = p.rc.Flush() // the next write tells
}

func (p *patient) SetWriteDeadline(t time.Time) error {
	p.own = true
	return p.rc.SetWriteDeadline(t)
}

func (p *patient) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	p.own = true
	return p.rc.Hijack()
}

func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
