package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"
)

const (
	callTimeout  = 10 * time.Second
	maxAnswer    = 64 << 10
	usualPace    = 20.0 // calls a second
	breakAfter   = 5    // calls in a row that failed for the app's sake
	breakFor     = 30 * time.Second
	longestPause = time.Hour // that an app may ask for
)

// SendError says why an app did not take a message.
type SendError struct {
	Err     error
	Lasting bool          // it never will
	Key     bool          // for it did not know us: a new key may help
	After   time.Duration // it asks to be left in peace for so long
}

func (e *SendError) Error() string { return e.Err.Error() }
func (e *SendError) Unwrap() error { return e.Err }

// caller calls one app: not too often, and not at all for a while when it does
// not answer.
type caller struct {
	app     string
	now     func() time.Time
	client  *http.Client
	pace    *rate.Limiter
	breaker *gobreaker.CircuitBreaker[[]byte]

	mu    sync.Mutex
	until time.Time // the app asked to be left in peace
}

func newCaller(app string, perSecond float64, o Options) *caller {
	if perSecond <= 0 {
		perSecond = usualPace
	}
	return &caller{
		app: app, now: o.Now, pace: rate.NewLimiter(rate.Limit(perSecond), max(int(perSecond), 1)),
		client: &http.Client{
			Timeout:       callTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		breaker: gobreaker.NewCircuitBreaker[[]byte](gobreaker.Settings{
			Name: app, Timeout: breakFor,
			ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
			IsSuccessful: answered,
			OnStateChange: func(app string, _, to gobreaker.State) {
				o.Log.LogAttrs(context.Background(), slog.LevelWarn, "a chat app's line", slog.String("app", app), slog.String("breaker", to.String()))
			},
		}),
	}
}

// answered reports whether the app is there, whatever it said.
func answered(err error) bool {
	e, ok := errors.AsType[*SendError](err)
	return err == nil || ok && (e.Lasting || e.Key || e.After > 0)
}

// resting reports whether the app is left in peace, since it did not answer or
// asked for it.
func (c *caller) resting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.breaker.State() == gobreaker.StateOpen || c.now().Before(c.until)
}

// rest leaves the app in peace for a while.
func (c *caller) rest(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := c.now().Add(d); until.After(c.until) {
		c.until = until
	}
}

// wait waits until a call is allowed by the pace.
func (c *caller) wait(ctx context.Context) error { return c.pace.Wait(ctx) }

// post sends JSON and returns the answer, which an error may come with.
func (c *caller) post(ctx context.Context, to string, header http.Header, v any) ([]byte, *SendError) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, &SendError{Err: err, Lasting: true}
	}
	return c.call(ctx, to, header, "application/json", b.Bytes())
}

func (c *caller) postForm(ctx context.Context, to string, header http.Header, form url.Values) ([]byte, *SendError) {
	return c.call(ctx, to, header, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

func (c *caller) call(ctx context.Context, to string, header http.Header, kind string, body []byte) (answer []byte, _ *SendError) {
	_, err := c.breaker.Execute(func() ([]byte, error) {
		var err *SendError
		if answer, err = c.once(ctx, to, header, kind, body); err != nil {
			return nil, err
		}
		return nil, nil
	})
	if err == nil {
		return answer, nil
	}
	if e, ok := errors.AsType[*SendError](err); ok {
		return answer, e
	}
	return nil, &SendError{Err: fmt.Errorf("%s: %w", c.app, err)} // it rests
}

func (c *caller) once(ctx context.Context, to string, header http.Header, kind string, body []byte) ([]byte, *SendError) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, c.failed(err)
	}
	for name, values := range header {
		req.Header[name] = values // as the apps write them: access_token has no capital letters
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "mirrorcart-hq")
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, c.failed(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, c.failed(err)
	}
	return answer, c.status(resp)
}

// status classes an answer: too many calls and the app's own faults pass.
func (c *caller) status(resp *http.Response) *SendError {
	code := resp.StatusCode
	if code >= 200 && code <= 299 {
		return nil
	}
	err := &SendError{Err: fmt.Errorf("%s: answered %s", c.app, resp.Status)}
	switch {
	case code == http.StatusTooManyRequests:
		err.After = max(c.retryAfter(resp.Header), time.Second)
	case code == http.StatusRequestTimeout || code >= 500:
		err.After = c.retryAfter(resp.Header)
	case code == http.StatusUnauthorized:
		err.Key = true
	default:
		err.Lasting = true
	}
	return err
}

// retryAfter reads how long an app wants to be left in peace: seconds, or a time.
func (c *caller) retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(v); err == nil {
		return min(max(time.Duration(n)*time.Second, 0), longestPause)
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(c.now()), 0), longestPause)
	}
	return 0
}

// failed keeps addresses, which hold keys, out of errors.
func (c *caller) failed(err error) *SendError {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return &SendError{Err: fmt.Errorf("%s: no answer: %w", c.app, err)}
}
