package headquarters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// watch is what operations see of headquarters.
type watch struct {
	*monitor.Monitor
	requests *monitor.Requests
	commits  prometheus.Histogram
	ln       net.Listener // nil where it is served nowhere
}

func newWatch(version string, log *slog.Logger) *watch {
	w := &watch{
		Monitor: monitor.New(version, log),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "mirrorcart_hq_commit_seconds",
			Help:    "How long it took to take in the batches of one transaction.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30},
		}),
	}
	w.requests = w.NewRequests()
	w.MustRegister(w.commits)
	return w
}

// begin shows headquarters, once all of it is there. It does its work all the
// same where the address is taken.
func (w *watch) begin(ctx context.Context, s *Server, log *slog.Logger) {
	if addr := s.cfg.Metrics.Addr; addr != "" {
		var err error
		if w.ln, err = process.Listen(ctx, addr); err != nil {
			log.ErrorContext(ctx, "nobody can watch how headquarters fares: choose another metrics.addr", "err", err)
		}
	}
	w.Watch([]monitor.Part{{Name: "ledger", Needed: true, Ask: s.DB.Ready}}, []monitor.Part{
		{Name: "ledger", Needed: true, Ask: s.DB.Ready},
		{Name: "broker", Needed: s.cfg.MQTT.URL != "", Ask: func(context.Context) error {
			if !s.collector.Connected() {
				return errors.New("the broker cannot be reached: see that it runs, and mqtt in hq.yaml; shops keep their sales meanwhile")
			}
			return nil
		}},
		{Name: "certificates", Ask: s.broker.certificates},
	})
	w.Read(figures(s.cfg.Metrics.PerNode), s.figures)
}

// figures are what is read of headquarters when Prometheus asks. Those of each
// gateway are told only where that is asked for: a chain may have thousands.
func figures(perNode bool) []monitor.Figure {
	list := []monitor.Figure{
		{Name: "mirrorcart_hq_broker_up", Help: "1 while the broker can be reached."},
		{Name: "mirrorcart_certificate_end_timestamp_seconds", Help: "When a certificate runs out that people renew, by whose it is: this collector's, or the broker's as it showed it last; missing where there is none.", Labels: []string{"of"}},
		{Name: "mirrorcart_hq_nodes", Help: "Gateways that are there, that are not, and that were never heard.", Labels: []string{"state"}},
		{Name: "mirrorcart_hq_nodes_lagging", Help: "Gateways that may have had something for longer than this that headquarters has not.", Labels: []string{"longer"}},
		{Name: "mirrorcart_hq_lag_max_seconds", Help: "The longest of these times."},
		{Name: "mirrorcart_hq_waiting_events", Help: "Events that gateways, as they last told, have and headquarters has not."},
		{Name: "mirrorcart_hq_gaps", Help: "Lanes that wait for an event that is missing."},
		{Name: "mirrorcart_hq_down_messages", Help: "Messages to gateways that are not confirmed."},
		{Name: "mirrorcart_hq_quarantined_events", Help: "Events that could not be used and nobody has dealt with."},
		{Name: "mirrorcart_hq_incidents", Help: "Incidents that last, by kind.", Labels: []string{"kind"}},
		{Name: "mirrorcart_hq_projection_behind_events", Help: "Events that a projection has not come to.", Labels: []string{"projection"}},
		{Name: "mirrorcart_hq_batches_total", Help: "Batches taken in.", Count: true},
		{Name: "mirrorcart_hq_events_total", Help: "Events in them.", Count: true},
		{Name: "mirrorcart_hq_events_fresh_total", Help: "Of these, events that were not held before.", Count: true},
		{Name: "mirrorcart_hq_batches_refused_total", Help: "Batches refused, by why.", Count: true, Labels: []string{"why"}},
	}
	if perNode {
		list = append(list,
			monitor.Figure{Name: "mirrorcart_hq_node_lag_seconds", Help: "For how long the gateway may have had something that headquarters has not.", Labels: []string{"node"}},
			monitor.Figure{Name: "mirrorcart_hq_node_waiting_events", Help: "Events that the gateway, as it last told, has and headquarters has not.", Labels: []string{"node"}})
	}
	return list
}

func (s *Server) figures(ctx context.Context, tell monitor.Tell) error {
	tell("mirrorcart_hq_broker_up", monitor.Bool(s.collector.Connected()))
	s.broker.figures(tell)
	s.tellTaken(tell)
	f, err := s.DB.Figures(ctx)
	if err != nil {
		return err
	}
	s.tellNodes(f.Nodes, tell)
	tell("mirrorcart_hq_gaps", float64(f.Gaps))
	tell("mirrorcart_hq_down_messages", float64(f.Down))
	tell("mirrorcart_hq_quarantined_events", float64(f.Quarantined))
	for kind, n := range f.Incidents {
		tell("mirrorcart_hq_incidents", float64(n), kind)
	}
	for name, n := range f.Behind {
		tell("mirrorcart_hq_projection_behind_events", float64(n), name)
	}
	return nil
}

func (s *Server) tellTaken(tell monitor.Tell) {
	t := s.DB.Taken()
	tell("mirrorcart_hq_batches_total", float64(t.Batches))
	tell("mirrorcart_hq_events_total", float64(t.Events))
	tell("mirrorcart_hq_events_fresh_total", float64(t.Fresh))
	for _, why := range cloudsync.Refusals() {
		tell("mirrorcart_hq_batches_refused_total", float64(t.Refused[why]), string(why))
	}
}

// lags are the times by which gateways that lag are counted.
func lags() []time.Duration {
	return []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 24 * time.Hour}
}

func (s *Server) tellNodes(nodes []hq.NodeLag, tell monitor.Tell) {
	states := map[string]int{"up": 0, "down": 0, "new": 0}
	lagging := map[time.Duration]int{}
	var longest time.Duration
	var waiting uint64
	for _, n := range nodes {
		switch {
		case !n.Known:
			states["new"]++
		case n.Up:
			states["up"]++
		default:
			states["down"]++
		}
		for _, limit := range lags() {
			if n.Lag > limit {
				lagging[limit]++
			}
		}
		longest, waiting = max(longest, n.Lag), waiting+n.Waiting
		if s.cfg.Metrics.PerNode {
			tell("mirrorcart_hq_node_lag_seconds", n.Lag.Seconds(), n.Node)
			tell("mirrorcart_hq_node_waiting_events", float64(n.Waiting), n.Node)
		}
	}
	for state, n := range states {
		tell("mirrorcart_hq_nodes", float64(n), state)
	}
	for _, limit := range lags() {
		tell("mirrorcart_hq_nodes_lagging", float64(lagging[limit]), fmt.Sprint(limit.Seconds()))
	}
	tell("mirrorcart_hq_lag_max_seconds", longest.Seconds())
	tell("mirrorcart_hq_waiting_events", float64(waiting))
}

// MetricsURL is where Prometheus reads the figures; empty for nowhere.
func (s *Server) MetricsURL() string {
	if s.watch.ln == nil {
		return ""
	}
	return "http://" + s.watch.ln.Addr().String() + monitor.MetricsPath
}

// Monitor is what operations see of it.
func (s *Server) Monitor() *monitor.Monitor { return s.watch.Monitor }
