package api

import (
	"math"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

// What may be asked: a token so many requests at once and so many a second, an
// address so many wrong tokens.
const (
	burst, perSecond           = 100, 50.0
	wrongBurst, wrongPerSecond = 20, 0.5
	maxAllowances              = 10_000
)

// tokenName is where a request keeps the name of its token.
const tokenName = "token"

// authorize wants a token with the role, or one that may do more. Its error is
// an edge.Error: Unauthorized, Forbidden or TooMany.
func (a *API) authorize(c *gin.Context, want account.Right) error {
	const op = "api.authorize"
	t, ok := a.token(c.GetHeader("Authorization"))
	if !ok {
		host, _, err := net.SplitHostPort(c.Request.RemoteAddr)
		if err != nil {
			host = c.Request.RemoteAddr
		}
		if !a.spent.take("address "+host, wrongBurst, wrongPerSecond) {
			return edge.Errorf(op, edge.TooMany, "too many requests without a valid token: wait a while")
		}
		return edge.Errorf(op, edge.Unauthorized, "send a valid token as Authorization: Bearer TOKEN; hq token makes one")
	}
	c.Set(tokenName, t.Name)
	if !a.spent.take("token "+t.Name, burst, perSecond) {
		return edge.Errorf(op, edge.TooMany, "more than %v requests a second: wait a moment", perSecond)
	}
	if !t.Role.May(want) {
		return edge.Errorf(op, edge.Forbidden, "the token %s is a %s's, this needs an %s's", t.Name, t.Role, want)
	}
	return nil
}

// token finds the token of a header.
func (a *API) token(header string) (found account.Token, ok bool) {
	scheme, text, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return account.Token{}, false
	}
	return account.FindToken(a.Tokens, text)
}

// allowances count what is asked, by who asks.
type allowances struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*allowance
}

// allowance is a bucket of requests that fills by the time.
type allowance struct {
	left float64
	at   time.Time
}

func newAllowances(now func() time.Time) *allowances {
	return &allowances{now: now, by: map[string]*allowance{}}
}

// take takes one request and reports whether there was one.
func (s *allowances) take(who string, burst, perSecond float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	b := s.by[who]
	if b == nil {
		if len(s.by) >= maxAllowances {
			clear(s.by)
		}
		b = &allowance{left: burst, at: now}
		s.by[who] = b
	}
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left = math.Min(burst, b.left+passed*perSecond)
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
