package web

import (
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// openFor is how long a conversation that somebody has read counts as open: a page
// that is kept up to date is one opening.
const openFor = 15 * time.Minute

// reading is who reads which conversation.
type reading struct{ by, id string }

// readings are those that the log has, and when each went on last.
type readings struct {
	mu   sync.Mutex
	open map[reading]time.Time
}

// goesOn reports whether the log has the reading already.
func (r *readings) goesOn(of reading, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.open[of]
	return ok && now.Sub(last) < openFor
}

// note keeps that somebody has read, and forgets who did long ago.
func (r *readings) note(of reading, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for old, last := range r.open {
		if now.Sub(last) >= openFor {
			delete(r.open, old)
		}
	}
	if r.open == nil {
		r.open = map[reading]time.Time{}
	}
	r.open[of] = now
}

// writeReading writes into the log who opens which conversation: what a person wrote
// is read. What cannot be written down is not shown.
func (p *Pages) writeReading(c *gin.Context) {
	of, now := reading{officer(c), c.Param("id")}, p.Now()
	if p.readings.goesOn(of, now) {
		c.Next()
	} else {
		p.writeDown(c)
	}
	if c.Writer.Status() == http.StatusOK {
		p.readings.note(of, now)
	}
}
