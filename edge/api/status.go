package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

type statusView struct {
	Line struct {
		HQ    bool      `json:"hq"` // the shop has a headquarters; where it has none nothing waits
		Up    bool      `json:"up"`
		Since time.Time `json:"since"`
	} `json:"line"`
	Waiting map[edge.Lane]uint64 `json:"waiting"`  // events HQ has not confirmed
	Oldest  int64                `json:"oldest_s"` // age of the oldest of them
	Release uint32               `json:"release"`  // 0 where there is none yet
	Version string               `json:"version"`
	Faults  []Fault              `json:"faults"`
	Printer *edge.PrinterStatus  `json:"printer"` // null in a shop without one
}

// Fault is a part of the gateway that is out of order while it goes on selling.
type Fault struct {
	Part    string `json:"part"`    // http or https, an address of a kiosk; photos, shut_out and others
	Kiosk   string `json:"kiosk"`   // whose it is; empty where it is no kiosk's
	Message string `json:"message"` // what to do about it, for whoever runs the gateway
}

func (s *Server) status(ctx context.Context) (statusView, error) {
	v := statusView{Waiting: map[edge.Lane]uint64{}, Version: s.cfg.Version, Faults: s.cfg.Faults()}
	if v.Faults == nil {
		v.Faults = []Fault{}
	}
	v.Line.HQ = s.cfg.Line != nil
	v.Line.Up, v.Line.Since = s.line()
	v.Line.Since = v.Line.Since.UTC().Truncate(time.Second)
	for _, lane := range edge.Lanes() {
		if v.Waiting[lane] = 0; !v.Line.HQ {
			continue
		}
		n, oldest, err := s.cfg.Outbox.Waiting(ctx, lane)
		if err != nil {
			return v, err
		}
		v.Waiting[lane] = n
		if n > 0 {
			v.Oldest = max(v.Oldest, int64(s.cfg.Now().Sub(oldest).Seconds()))
		}
	}
	if _, none := s.cfg.Printing.(noPrinter); !none {
		p, err := s.cfg.Printing.Status(ctx)
		if err != nil {
			return v, err
		}
		v.Printer = &p
	}
	switch r, err := s.cfg.Catalogue.Release(ctx); {
	case err == nil:
		v.Release = r.Version
	case edge.KindOf(err) != edge.Unavailable:
		return v, err
	}
	return v, nil
}

// line says whether HQ answers, and since when.
func (s *Server) line() (up bool, since time.Time) {
	if s.cfg.Line == nil {
		return false, s.start
	}
	return s.cfg.Line()
}

func (s *Server) getStatus(c *gin.Context) {
	v, err := s.status(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, v)
}

// statusEvery is how often the status is looked at for those who listen.
const statusEvery = time.Second

// watchStatus tells the listeners when the status is another one than before;
// that its oldest event has aged is no change.
func (s *Server) watchStatus(ctx context.Context) error {
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	var last statusView
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if s.live.empty() {
			continue
		}
		v, err := s.status(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.cfg.Log.ErrorContext(ctx, "status", "error", err)
			}
			continue
		}
		if v.Line != last.Line || !samePrinter(v.Printer, last.Printer) || !slices.Equal(v.Faults, last.Faults) || v.Release != last.Release || v.Waiting[edge.LaneSale] != last.Waiting[edge.LaneSale] || v.Waiting[edge.LaneOps] != last.Waiting[edge.LaneOps] {
			last = v
			s.live.statusChanged()
		}
	}
}

func samePrinter(a, b *edge.PrinterStatus) bool {
	return a == b || a != nil && b != nil && *a == *b
}
