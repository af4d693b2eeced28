package monitor

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Figure is a gauge or a counter that is read when Prometheus asks.
type Figure struct {
	Name   string
	Help   string
	Count  bool     // it only grows while the program runs
	Labels []string // their values must be few, and never a person's
}

// Tell tells a figure's value, with those of its labels.
type Tell func(name string, value float64, labels ...string)

// Read registers figures, and how all of them are read at once. What read tells
// before it fails counts; the rest is missing from that answer, and its log says
// why.
func (m *Monitor) Read(figures []Figure, read func(ctx context.Context, tell Tell) error) {
	r := &reading{m: m, figures: map[string]figure{}, read: read}
	for _, f := range figures {
		kind := prometheus.GaugeValue
		if f.Count {
			kind = prometheus.CounterValue
		}
		r.figures[f.Name] = figure{prometheus.NewDesc(f.Name, f.Help, f.Labels, nil), kind}
	}
	m.MustRegister(r)
}

type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// reading is a prometheus.Collector.
type reading struct {
	m       *Monitor
	figures map[string]figure
	read    func(context.Context, Tell) error
}

// Describe lists the figures.
func (r *reading) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range r.figures {
		ch <- f.desc
	}
}

// Collect reads them.
func (r *reading) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := r.read(ctx, func(name string, value float64, labels ...string) {
		f, ok := r.figures[name]
		if !ok {
			ch <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(errUndeclared(name)), errUndeclared(name))
			return
		}
		ch <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
	})
	if err != nil {
		r.m.log.WarnContext(ctx, "some figures could not be read", "err", err)
	}
}

type errUndeclared string

func (e errUndeclared) Error() string {
	return fmt.Sprintf("figure %s was told and never declared", string(e))
}

// Bool is 1 for true.
func Bool(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
