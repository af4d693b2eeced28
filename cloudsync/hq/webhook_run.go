package hq

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

const (
	webhookEvents  = 100 // of one delivery
	webhookLease   = 30 * time.Second
	webhookTimeout = 10 * time.Second // of one request
	webhookPoll    = time.Second
)

// WebhookConfig says whom to tell of events. HQ and Log are needed.
type WebhookConfig struct {
	HQ    *HQ
	Hooks []Webhook
	Log   *slog.Logger

	Client  *http.Client  // one that follows no redirects where none is given
	Timeout time.Duration // of one request; 10 s
	Base    time.Duration // before the second try, doubled from try to try; 1 s
	Max     time.Duration // between two tries; 10 min
	GiveUp  time.Duration // a delivery that has failed for so long; 3 days
	Poll    time.Duration // between two looks at whether there is something to tell; 1 s
}

// Webhooks tells addresses of the events that the marks have passed: each event
// at least once, in order, from where its webhook was first known on. Nothing
// waits for it. Of several collectors one tells each webhook.
type Webhooks struct {
	c      WebhookConfig
	holder string
}

// NewWebhooks makes it; Run starts it.
func NewWebhooks(c WebhookConfig) (*Webhooks, error) {
	seen := map[string]bool{}
	for i := range c.Hooks {
		if err := c.Hooks[i].check(); err != nil {
			return nil, err
		}
		if seen[c.Hooks[i].Name] {
			return nil, fmt.Errorf("webhook %s is there twice", c.Hooks[i].Name)
		}
		seen[c.Hooks[i].Name] = true
	}
	for d, standard := range map[*time.Duration]time.Duration{
		&c.Timeout: webhookTimeout, &c.Base: time.Second, &c.Max: 10 * time.Minute, &c.GiveUp: 3 * 24 * time.Hour, &c.Poll: webhookPoll,
	} {
		if *d <= 0 {
			*d = standard
		}
	}
	if c.Client == nil {
		c.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Webhooks{c: c, holder: c.HQ.newID()}, nil
}

// Run tells the webhooks until ctx ends.
func (w *Webhooks) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for i := range w.c.Hooks {
		wg.Go(func() { w.serve(ctx, &w.c.Hooks[i]) })
	}
	wg.Wait()
	return nil
}

func (w *Webhooks) serve(ctx context.Context, hook *Webhook) {
	passed, stop := w.c.HQ.passed.watch(struct{}{})
	defer stop()
	defer w.release(ctx, hook)
	tick := time.NewTicker(w.c.Poll)
	defer tick.Stop()
	for {
		again, err := w.next(ctx, hook)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.c.Log.Warn("webhook", "name", hook.Name, "error", err)
		}
		if again {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-passed:
		}
	}
}

// hookPlace is how far a webhook is.
type hookPlace struct {
	pos, tries, failing, upto, due int64
}

// next makes the next delivery, if one is due; again says that there may be
// another at once.
func (w *Webhooks) next(ctx context.Context, hook *Webhook) (again bool, err error) {
	if idle, err := w.idle(ctx, hook); err != nil || idle {
		return false, err
	}
	at, mine, err := w.hold(ctx, hook)
	if err != nil || !mine || at.due > w.c.HQ.nowMillis() {
		return false, err
	}
	events, err := w.c.HQ.Events(ctx, at.pos, maxPage)
	if err != nil || len(events) == 0 {
		return false, err
	}
	d := Delivery{}
	first, last := events[0].Cursor, at.pos
	for _, r := range events {
		if len(d.Events) == webhookEvents || at.upto > 0 && r.Cursor > at.upto { // what failed goes again as it was
			break
		}
		last = r.Cursor
		if r.Flaw == "" && hook.wants(r.Event.Type) {
			d.Events = append(d.Events, r)
		}
	}
	if len(d.Events) == 0 {
		return true, w.move(ctx, hook, last)
	}
	body, err := d.encode()
	if err != nil {
		return false, err
	}
	name := deliveryName(d.Events[0].Cursor, d.Events[len(d.Events)-1].Cursor)
	if err := w.post(ctx, hook, name, body); err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, errors.Join(err, w.failed(ctx, hook, at, DeadLetter{Webhook: hook.Name, First: first, Last: last, Error: err.Error(), Body: body}))
	}
	return true, w.move(ctx, hook, last)
}

// idle reports whether there is nothing to do for a webhook that is known.
func (w *Webhooks) idle(ctx context.Context, hook *Webhook) (bool, error) {
	const q = "select pos, due, (select coalesce(max(last), 0) from passage) from webhook where name = $1"
	var pos, due, passed int64
	err := w.c.HQ.db.Read.QueryRowContext(ctx, q, hook.Name).Scan(&pos, &due, &passed)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return passed <= pos || due > w.c.HQ.nowMillis(), err
}

// hold takes the webhook for this collector for a while, and makes its place
// where it is new.
func (w *Webhooks) hold(ctx context.Context, hook *Webhook) (at hookPlace, mine bool, err error) {
	h := w.c.HQ
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		const create = `insert into webhook (name, pos) select $1, coalesce(max(last), 0) from passage where true
			on conflict (name) do nothing`
		if _, err := tx.ExecContext(ctx, create, hook.Name); err != nil {
			return err
		}
		const take = "update webhook set holder = $1, held = $2 where name = $3 and (holder = $1 or held <= $4)"
		now := h.nowMillis()
		res, err := tx.ExecContext(ctx, take, w.holder, now+(webhookLease+w.c.Timeout).Milliseconds(), hook.Name, now)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if mine = n > 0; err != nil || !mine {
			return err
		}
		return tx.QueryRowContext(ctx, "select pos, tries, failing, upto, due from webhook where name = $1", hook.Name).
			Scan(&at.pos, &at.tries, &at.failing, &at.upto, &at.due)
	})
	return at, mine, err
}

// release leaves the webhook to others.
func (w *Webhooks) release(ctx context.Context, hook *Webhook) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	const q = "update webhook set held = 0 where name = $1 and holder = $2"
	if _, err := w.c.HQ.db.Write.ExecContext(ctx, q, hook.Name, w.holder); err != nil {
		w.c.Log.Info("webhook: others must wait until it is free", "name", hook.Name, "error", err)
	}
}

// post sends a delivery. Only a status from 200 to 299 takes it.
func (w *Webhooks) post(ctx context.Context, hook *Webhook, name string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, w.c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "mirrorcart-hq")
	req.Header.Set(DeliveryHeader, name)
	req.Header.Set(SignatureHeader, Sign(hook.Secret, w.c.HQ.now(), body))
	resp, err := w.c.Client.Do(req)
	if err != nil {
		return fmt.Errorf("delivery %s: %w", name, err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("delivery %s: answered %s", name, resp.Status)
	}
	return nil
}

// move notes that the webhook need not be told of anything up to a position.
func (w *Webhooks) move(ctx context.Context, hook *Webhook, pos int64) error {
	return w.c.HQ.db.InTx(ctx, func(tx *sql.Tx) error { return w.moveTo(ctx, tx, hook, pos) })
}

func (w *Webhooks) moveTo(ctx context.Context, tx *sql.Tx, hook *Webhook, pos int64) error {
	const q = "update webhook set pos = $1, tries = 0, failing = 0, upto = 0, due = 0, error = '' where name = $2 and holder = $3"
	_, err := tx.ExecContext(ctx, q, pos, hook.Name, w.holder)
	return err
}

// failed notes when to try again, or gives the delivery up.
func (w *Webhooks) failed(ctx context.Context, hook *Webhook, at hookPlace, d DeadLetter) error {
	h := w.c.HQ
	now := h.nowMillis()
	if at.failing == 0 {
		at.failing = now
	}
	giveUp := now-at.failing >= w.c.GiveUp.Milliseconds()
	wait := min(w.c.Base<<min(at.tries, 20), w.c.Max)
	wait = wait/2 + rand.N(wait/2+1) //nolint:gosec // not a secret
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		if giveUp {
			const q = "insert into webhook_dead (name, first, last, error, body, at) values ($1, $2, $3, $4, $5, $6)"
			if _, err := tx.ExecContext(ctx, q, hook.Name, d.First, d.Last, database.Text([]byte(d.Error)), d.Body, now); err != nil {
				return err
			}
			return w.moveTo(ctx, tx, hook, d.Last)
		}
		const q = "update webhook set tries = $1, failing = $2, upto = $3, due = $4, error = $5 where name = $6 and holder = $7"
		_, err := tx.ExecContext(ctx, q, at.tries+1, at.failing, d.Last, now+wait.Milliseconds(), database.Text([]byte(d.Error)), hook.Name, w.holder)
		return err
	})
	if giveUp && err == nil {
		w.c.Log.Error("webhook: a delivery was given up", "name", hook.Name, "first", d.First, "last", d.Last)
	}
	return err
}

// DeadLetters lists the newest deliveries that were given up, at most limit (1
// to 1000).
func (h *HQ) DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error) {
	const q = "select name, first, last, error, body, at from webhook_dead order by n desc limit $1"
	rows, err := h.db.Read.QueryContext(ctx, q, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("hq.DeadLetters: %w", err)
	}
	defer rows.Close()
	list := []DeadLetter{}
	for rows.Next() {
		var d DeadLetter
		var at int64
		if err := rows.Scan(&d.Webhook, &d.First, &d.Last, &d.Error, &d.Body, &at); err != nil {
			return nil, fmt.Errorf("hq.DeadLetters: %w", err)
		}
		d.At = database.Time(at)
		list = append(list, d)
	}
	return list, rows.Err()
}
