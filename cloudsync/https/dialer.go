// Package https is the line to headquarters where no broker can be reached:
// messages in the bodies of HTTPS requests, and HQ's in the replies. Like the
// broker it is a pipe only, and nothing is kept here.
package https

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Dialer reaches HQ at a web address. HQ knows the shop by its signatures.
type Dialer struct {
	URL    string       // HQ's address; cloudsync.IngestPath is added
	Client *http.Client // with TLS as it must be

	Timeout time.Duration // of one request; 30 s
	Poll    time.Duration // with nothing to send, ask for HQ's messages this often; 15 s
	Queue   int           // messages received and not yet read before they are dropped; 256
}

// Dial sees whether HQ answers. Nobody learns when the link is lost: the
// session's will is not used.
func (d *Dialer) Dial(ctx context.Context, _ cloudsync.Session) (cloudsync.Link, error) {
	l := &link{
		url: strings.TrimSuffix(d.URL, "/") + cloudsync.IngestPath, client: d.Client,
		timeout: orDefault(d.Timeout, 30*time.Second), poll: orDefault(d.Poll, 15*time.Second),
		out: make(chan cloudsync.Message, cloudsync.MaxMessages), in: make(chan cloudsync.Message, orDefault(d.Queue, 256)),
		done: make(chan struct{}),
	}
	if err := l.post(ctx, nil); err != nil {
		return nil, &edge.Error{Op: "https.Dial", Kind: edge.Unavailable, Err: err, Msg: "no answer from " + l.url}
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	l.end = sync.OnceFunc(func() {
		end()
		close(l.done)
	})
	go l.run(life)
	return l, nil
}

// link hands over what gathers while the request before is under way.
type link struct {
	url           string
	client        *http.Client
	timeout, poll time.Duration
	out, in       chan cloudsync.Message
	done          chan struct{}
	end           func()
	last          []cloudsync.Message // the last confirmation, by which HQ is asked for its messages
}

func (l *link) Messages() <-chan cloudsync.Message { return l.in }
func (l *link) Done() <-chan struct{}              { return l.done }
func (l *link) Close()                             { l.end() }

// Shared says that machines of one name do not push each other off.
func (l *link) Shared() bool { return true }

// Publish queues a message; it goes with the next request.
func (l *link) Publish(ctx context.Context, m cloudsync.Message) error {
	select {
	case <-l.done:
		return cloudsync.ErrLinkLost
	default:
	}
	select {
	case l.out <- m:
		return nil
	case <-l.done:
		return cloudsync.ErrLinkLost
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run sends until a request fails or the link is closed.
func (l *link) run(ctx context.Context) {
	defer l.end()
	tick := time.NewTicker(l.poll)
	defer tick.Stop()
	var kept *cloudsync.Message // taken from the queue, too large for the list before
	for {
		var list []cloudsync.Message
		if kept == nil {
			select {
			case <-ctx.Done():
				return
			case m := <-l.out:
				kept = &m
			case <-tick.C:
				list = l.last
			}
		}
		if kept != nil {
			list, kept = l.gather(*kept)
		}
		if len(list) == 0 {
			continue
		}
		if err := l.post(ctx, list); err != nil {
			return
		}
	}
}

// gather takes what else is queued into one list, as much as fits.
func (l *link) gather(first cloudsync.Message) (list []cloudsync.Message, rest *cloudsync.Message) {
	list = append(list, first)
	size := cloudsync.FrameSize(first)
	l.remember(first)
	for len(list) < cloudsync.MaxMessages {
		select {
		case m := <-l.out:
			if size += cloudsync.FrameSize(m); size > cloudsync.MaxPost {
				return list, &m
			}
			l.remember(m)
			list = append(list, m)
		default:
			return list, nil
		}
	}
	return list, nil
}

func (l *link) remember(m cloudsync.Message) {
	if e, err := cloudsync.Open(m.Payload); err == nil && e.Kind == cloudsync.KindConfirm {
		l.last = []cloudsync.Message{m}
	}
}

// post sends a list and takes in the reply.
func (l *link) post(ctx context.Context, list []cloudsync.Message) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(cloudsync.EncodeMessages(list)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", cloudsync.MessagesType)
	resp, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(cloudsync.MaxPost)+1))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return refusal(resp, body)
	}
	if got := resp.Header.Get("Content-Type"); got != cloudsync.MessagesType {
		return errors.New("this is not headquarters: it answers with " + got)
	}
	replies, err := cloudsync.DecodeMessages(body)
	if err != nil {
		return err
	}
	for _, m := range replies {
		select {
		case l.in <- m:
		default: // the reader is behind, HQ says it again
		}
	}
	return nil
}

// refusal is why HQ takes nothing: a cloudsync.RefusalError where it has shut the
// gateway out.
func refusal(resp *http.Response, body []byte) error {
	var told struct {
		Error struct {
			Code    cloudsync.Refusal `json:"code"`
			Message string            `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &told) == nil && told.Error.Code == cloudsync.RefusedRevoked {
		return &cloudsync.RefusalError{Op: "https.post", Code: told.Error.Code, Msg: fmt.Sprintf("HQ refused: %.200s", told.Error.Message)}
	}
	return fmt.Errorf("%s: %.200s", resp.Status, body)
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}
