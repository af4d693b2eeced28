package api

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Refusal is what somebody tried at the door that our own pages and people do
// not.
type Refusal string

// The refusals, as audit records name them.
const (
	RefusedHost        Refusal = "host"        // asked for under a name that is not ours
	RefusedSite        Refusal = "site"        // sent from another site's page
	RefusedToken       Refusal = "token"       // a change without the session's own token
	RefusedPath        Refusal = "path"        // an address that climbs out of its folder
	RefusedRate        Refusal = "rate"        // more than one client may ask
	RefusedSize        Refusal = "size"        // a body that is too large
	RefusedScreen      Refusal = "screen"      // the mirror, from a screen that is no kiosk's
	RefusedCode        Refusal = "code"        // a cart's code that is not of this shop's making
	RefusedClear       Refusal = "clear"       // without TLS, from another machine
	RefusedConnections Refusal = "connections" // more connections than there is room for
	RefusedStranger    Refusal = "stranger"    // wrong secrets, again and again
)

// Refusals keep a log short however often somebody tries: of each kind they have
// the first at once, and then, at intervals that grow from a minute to an hour,
// how many came since. Nothing of who tried is kept: what it takes to find out is
// on the network, and addresses are people's.
type Refusals struct {
	now func() time.Time

	mu sync.Mutex
	of map[Refusal]refused
}

// refused is how a kind of refusal was told last.
type refused struct {
	at   time.Time     // when
	next time.Duration // after which it is told again
	more int           // that came since
}

const (
	firstSilence   = time.Minute
	longestSilence = time.Hour
)

// NewRefusals tells the time by now.
func NewRefusals(now func() time.Time) *Refusals {
	return &Refusals{now: now, of: map[Refusal]refused{}}
}

// Note counts a refusal. It reports whether to tell of it now, and how many of
// its kind came since the last that was told.
func (r *Refusals) Note(what Refusal) (tell bool, before int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, last := r.now(), r.of[what]
	passed := now.Sub(last.at)
	switch {
	case passed >= 2*longestSilence: // that is another story
		r.of[what] = refused{at: now, next: firstSilence}
	case passed >= last.next:
		r.of[what] = refused{at: now, next: min(2*last.next, longestSilence)}
	default:
		last.more++
		r.of[what] = last
		return false, 0
	}
	return true, last.more
}

// Refuse ends the request with err as its answer, and leaves a record in the
// audit log of what was tried.
func (s *Server) Refuse(c *gin.Context, what Refusal, err error) {
	s.Fail(c, err)
	s.refused(c, what)
}

// ConnectionRefused notes that a connection was closed for which there was no
// room, before anybody could ask for anything.
func (s *Server) ConnectionRefused() {
	if tell, before := s.refusals.Note(RefusedConnections); tell {
		s.cfg.Log.Warn("refused", "audit", true, "what", string(RefusedConnections), "before", before)
	}
}

func (s *Server) refused(c *gin.Context, what Refusal) {
	tell, before := s.refusals.Note(what)
	if !tell {
		return
	}
	r := edge.AuditRecord{Kind: edge.AuditRefused, About: string(what)}
	if before > 0 {
		r.Reason = fmt.Sprintf("× %d", before+1) // for people of any language
	}
	s.cfg.Log.LogAttrs(c.Request.Context(), slog.LevelWarn, "refused", slog.Bool("audit", true),
		slog.String("what", string(what)), slog.String("route", c.FullPath()), slog.Int("before", before))
	s.audit(c, r)
}
