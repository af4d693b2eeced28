package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
)

// lookEvery is how often a feed looks by itself: what other collectors take in
// wakes nobody here.
const lookEvery = time.Second

// feedPage is how many events one write to a feed holds.
const feedPage = 100

// deadline gives a reader so long to take what is written next.
func deadline(rc *http.ResponseController, patience time.Duration) error {
	if err := rc.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// feed streams events as they come in, each with its cursor as the id. It goes
// on behind Last-Event-ID, which readers send when they come back, else behind
// after, else it begins with what comes next. A reader that does not keep up is
// cut off and resumes; one whose key has ended is cut off for good.
func (a *API) feed(c *gin.Context) {
	ctx := c.Request.Context()
	changed, cancel := a.HQ.Watch() // before the first look, so that nothing slips through between
	defer cancel()
	f, err := filterOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	after, err := a.feedBegin(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	done, err := a.stream(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	defer done()
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	s := &feedStream{api: a, c: c, filter: f, after: after, told: after}
	if err := s.write([]byte("retry: 2000\nid: " + after + "\n\n")); err != nil {
		return
	}
	look := time.NewTicker(min(lookEvery, a.Heartbeat))
	defer look.Stop()
	for {
		if err := s.news(ctx); err != nil {
			if ctx.Err() == nil {
				a.Log.Info("feed ended", "error", err)
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-look.C:
			if _, err := a.key(ctx, c.GetHeader("Authorization")); err != nil { // it was revoked, or its time is over
				a.Log.Info("feed ended", "by", c.GetString(tokenName), "error", err)
				return
			}
		}
	}
}

// feedBegin is the cursor behind which a feed begins.
func (a *API) feedBegin(c *gin.Context) (string, error) {
	after := c.GetHeader("Last-Event-ID")
	if after == "" {
		after = c.Query("after")
	}
	if after != "" {
		_, err := position("events", after)
		return after, err
	}
	last, err := a.HQ.LastEvent(c.Request.Context())
	return positionCursor("events", last), err
}

// feedStream is one reader's feed.
type feedStream struct {
	api    *API
	c      *gin.Context
	filter hq.Filter
	after  string // how far it was looked
	told   string // the last id that was sent
	sent   time.Time
}

// news sends what is new, and a sign of life after a while without.
func (s *feedStream) news(ctx context.Context) error {
	for {
		p, err := s.api.events(ctx, s.filter, s.after, feedPage)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		for _, e := range p.rows {
			data, err := json.Marshal(e)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "id: %s\nevent: ledger\ndata: %s\n\n", e.Cursor, data)
		}
		s.after = p.next
		silent := time.Since(s.sent) >= s.api.Heartbeat
		switch {
		case b.Len() > 0:
			s.told = p.rows[len(p.rows)-1].Cursor
			err = s.write(b.Bytes())
		case s.after != s.told && (silent || p.more): // for the reader to come back to
			s.told = s.after
			err = s.write([]byte("id: " + s.after + "\n\n"))
		case silent:
			err = s.write([]byte(": still there\n\n"))
		}
		if err != nil || !p.more {
			return err
		}
	}
}

func (s *feedStream) write(b []byte) error {
	rc := http.NewResponseController(s.c.Writer)
	if err := deadline(rc, s.api.Patience); err != nil {
		return err
	}
	if _, err := s.c.Writer.Write(b); err != nil {
		return err
	}
	s.sent = time.Now()
	return rc.Flush()
}
