package chat

import (
	"context"
	"regexp"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
)

// tokens in texts stand alone or at the end of an address.
var tokenForm = regexp.MustCompile(`(?:^|[^A-Za-z0-9_-])([A-Za-z0-9_-]{32,})(?:$|[^A-Za-z0-9_-])`)

// tokenIn is the token by which a message names a cart: what a link carried, or
// else what stands in the text, since not every app's links carry something.
func tokenIn(m *Message) string {
	for _, s := range []string{m.Payload, m.Text} {
		if found := tokenForm.FindStringSubmatch(s); found != nil && len(found[1]) <= handoff.MaxToken {
			return found[1]
		}
	}
	return ""
}

// linkIn opens the cart that a message names, by a token or by the code for
// people; nil where it names none. Words may look like a code: they are one where
// there is such a cart.
func (s *Service) linkIn(ctx context.Context, who string, m *Message) *link {
	l := &link{token: tokenIn(m)}
	code, typed := edge.ParseCode(m.Text)
	if l.token == "" && !typed || !s.limit.mayTry(who, s.Now()) {
		return nil
	}
	defer func() {
		if l.err != nil {
			s.limit.wrong(who, s.Now())
		}
	}()
	if l.token != "" {
		l.cart, l.node, l.links, l.err = s.Carts.Open(ctx, l.token)
	} else if l.cart, l.node, l.token, l.err = s.Carts.OpenCode(ctx, code); l.err == nil {
		l.links = l.cart.Links
	} else if kind := edge.KindOf(l.err); kind == edge.NotFound || kind == edge.TooMany {
		return nil
	}
	if l.err == nil {
		l.shop, l.err = s.HQ.ShopOf(ctx, l.node)
	}
	return l
}

// What one person may send: messages, and wrong codes, since one could be guessed.
const (
	messagesAtOnce = 20
	messageEvery   = 3 * time.Second
	codesAtOnce    = 10
	codeEvery      = time.Minute
	peopleInMind   = 10_000
)

// limiter counts what people send.
type limiter struct {
	mu     sync.Mutex
	people map[string]*allowance
}

type allowance struct{ messages, codes *rate.Limiter }

func newAllowance() *allowance {
	return &allowance{rate.NewLimiter(rate.Every(messageEvery), messagesAtOnce), rate.NewLimiter(rate.Every(codeEvery), codesAtOnce)}
}

// allow takes a message of a person, and reports whether it is not one too many.
func (l *limiter) allow(who string, now time.Time) bool { return l.of(who).messages.AllowN(now, 1) }

// mayTry reports whether a person may try another code; wrong takes one that was
// wrong.
func (l *limiter) mayTry(who string, now time.Time) bool { return l.of(who).codes.TokensAt(now) >= 1 }

func (l *limiter) wrong(who string, now time.Time) { l.of(who).codes.AllowN(now, 1) }

func (l *limiter) of(who string) *allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.people[who]
	if a == nil {
		if l.people == nil || len(l.people) >= peopleInMind {
			l.people = map[string]*allowance{}
		}
		a = newAllowance()
		l.people[who] = a
	}
	return a
}
