package monitor

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// Requests counts what a program's HTTP servers answer.
type Requests struct {
	total *prometheus.CounterVec
	took  prometheus.Histogram
}

// longRequest is longer than any answer but a stream takes.
const longRequest = 30 * time.Second

// NewRequests registers the counts.
func (m *Monitor) NewRequests() *Requests {
	r := &Requests{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mirrorcart_http_requests_total",
			Help: "Requests that were answered, by route (empty where there is none), method and class of the status.",
		}, []string{"route", "method", "status"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "mirrorcart_http_request_seconds",
			Help:    "How long answers took, but for streams.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}),
	}
	m.MustRegister(r.total, r.took)
	return r
}

// Served counts a request. The route is a pattern, never the path that was asked
// for.
func (r *Requests) Served(method, route string, status int, took time.Duration) {
	r.total.WithLabelValues(route, known(method), strconv.Itoa(status/100)+"xx").Inc()
	if took < longRequest {
		r.took.Observe(took.Seconds())
	}
}

// known keeps methods of other people's making from becoming figures.
func known(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return method
	}
	return "other"
}

// Gin counts the requests of an engine.
func (r *Requests) Gin(c *gin.Context) {
	start := time.Now()
	c.Next()
	r.Served(c.Request.Method, c.FullPath(), c.Writer.Status(), time.Since(start))
}
