// Package monitor shows those who keep a program running how it fares: whether it
// is alive and whether it is ready, as JSON, and its figures, as Prometheus reads
// them. No name, number or address of a person belongs into any of them.
package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/mirrorcart/mirrorcart/edge/api"
)

// Where everything is.
const (
	HealthPath  = "/healthz" // 200 while every part answers, be it with an error; else 503
	ReadyPath   = "/readyz"  // 200 while all that is needed is in order; else 503
	MetricsPath = "/metrics"
)

const (
	patience   = 10 * time.Second // for a part to answer, and for all figures
	maxScrapes = 4                // at the same time
)

// Part is something of the program that can be asked how it is.
type Part struct {
	Name string
	// Needed says that the program does not do what it is for without it.
	Needed bool
	// Ask returns nil while the part is in order, and else what is wrong and how to
	// mend it, for people. It may hang, and is then not asked again.
	Ask func(context.Context) error
}

// State is a part as /healthz and /readyz tell of it.
type State struct {
	Part   string `json:"part"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"`
	Why    string `json:"why,omitempty"` // not
}

// Report is what /healthz and /readyz answer.
type Report struct {
	OK      bool    `json:"ok"`
	Version string  `json:"version"`
	Parts   []State `json:"parts"`
}

// Monitor answers those who watch the program.
type Monitor struct {
	*prometheus.Registry
	version string
	log     *slog.Logger

	mu     sync.Mutex
	health []*probe
	ready  []*probe
}

// New makes a monitor of a program's version. It tells what Go and the operating
// system know of the process; the rest is registered.
func New(version string, log *slog.Logger) *Monitor {
	m := &Monitor{Registry: prometheus.NewRegistry(), version: version, log: log}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "mirrorcart_build_info", Help: "1; the label is the program's version.",
	}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Watch sets what /healthz and /readyz ask. Until then the program is alive and
// not ready.
func (m *Monitor) Watch(health, ready []Part) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.health, m.ready = probes(health), probes(ready)
}

// Routes are those at which Handler answers.
func Routes() gin.RoutesInfo {
	var list gin.RoutesInfo
	for _, path := range []string{HealthPath, ReadyPath, MetricsPath} {
		list = append(list, gin.RouteInfo{Method: http.MethodGet, Path: path})
	}
	return list
}

// Handler answers at the three paths, protected as every other page of ours.
func (m *Monitor) Handler() http.Handler {
	pages := map[string]http.Handler{
		HealthPath: http.HandlerFunc(m.getHealth),
		ReadyPath:  http.HandlerFunc(m.getReady),
		MetricsPath: promhttp.InstrumentMetricHandler(m.Registry, promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{
			ErrorLog:            slog.NewLogLogger(m.log.Handler(), slog.LevelWarn),
			ErrorHandling:       promhttp.ContinueOnError,
			MaxRequestsInFlight: maxScrapes,
			Timeout:             2 * patience,
		})),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.Protect(w.Header())
		page, here := pages[r.URL.Path]
		switch {
		case !here:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this is only to be read", http.StatusMethodNotAllowed)
		default:
			page.ServeHTTP(w, r)
		}
	})
}

func (m *Monitor) getHealth(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	list := m.health
	m.mu.Unlock()
	m.answer(w, r, list, true, func(err error) bool { return !errors.Is(err, errSilent) })
}

func (m *Monitor) getReady(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	list := m.ready
	m.mu.Unlock()
	m.answer(w, r, list, len(list) > 0, func(err error) bool { return err == nil })
}

// answer asks all parts at the same time; begin is the answer where there are none.
func (m *Monitor) answer(w http.ResponseWriter, r *http.Request, list []*probe, begin bool, good func(error) bool) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	report := Report{OK: begin, Version: m.version, Parts: make([]State, len(list))}
	var asked sync.WaitGroup
	for i, p := range list {
		asked.Go(func() {
			err := p.ask(ctx)
			s := State{Part: p.Name, OK: good(err), Needed: p.Needed}
			if !s.OK {
				s.Why = err.Error()
			}
			report.Parts[i] = s
		})
	}
	asked.Wait()
	status := http.StatusOK
	for _, s := range report.Parts {
		report.OK = report.OK && (s.OK || !s.Needed)
	}
	if !report.OK {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(report); err != nil {
		m.log.DebugContext(r.Context(), "a watcher left before the answer", "err", err)
	}
}

// errSilent says that a part did not answer.
var errSilent = errors.New("it does not answer: if this goes on, restart the program, and look into its log")

// probe asks a part, one question at a time: a part that hangs holds up one
// question and not all that follow.
type probe struct {
	Part
	busy chan struct{} // holds a value while it is asked
}

func probes(parts []Part) (list []*probe) {
	for _, p := range parts {
		list = append(list, &probe{p, make(chan struct{}, 1)})
	}
	return list
}

func (p *probe) ask(ctx context.Context) error {
	select {
	case p.busy <- struct{}{}:
	case <-ctx.Done():
		return errSilent
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-p.busy }()
		done <- p.Ask(ctx)
	}()
	select {
	case err := <-done:
		if ctx.Err() != nil {
			return errSilent // it was the end of patience that made it answer
		}
		return err
	case <-ctx.Done():
		return errSilent
	}
}
