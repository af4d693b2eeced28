package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
)

// watch is what operations see of the gateway.
type watch struct {
	*monitor.Monitor
	requests *monitor.Requests
	commits  prometheus.Histogram
	acks     *prometheus.HistogramVec // by lane
	frames   *prometheus.HistogramVec // by kiosk
	port     *port                    // nil where it is served nowhere
}

// newWatch makes what the gateway's parts tell how long they take.
func (g *gateway) newWatch(ctx context.Context) *watch {
	w := &watch{
		Monitor: monitor.New(version, g.log),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "mirrorcart_commit_seconds",
			Help:    "How long it took until new events of the ledger were on the disk; as good as all of it is the disk's fsync.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .02, .04, .1, .25, 1, 5},
		}),
		acks: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "mirrorcart_ack_seconds",
			Help:    "How long headquarters took to confirm a batch, from its being sent.",
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60},
		}, []string{"lane"}),
		frames: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "mirrorcart_frame_seconds",
			Help:    "How long the mirror took for a picture, from the camera's frame to the viewers.",
			Buckets: []float64{.002, .004, .006, .008, .012, .016, .024, .033, .05, .1, .25},
		}, []string{"kiosk"}),
	}
	w.requests = w.NewRequests()
	w.MustRegister(w.commits, w.acks, w.frames)
	for _, lane := range edge.Lanes() {
		w.acks.WithLabelValues(string(lane))
	}
	if addr := g.cfg.Metrics.Addr; addr != "" {
		w.port = &port{part: "metrics", addr: addr, places: process.Places{Max: 64}, log: g.log}
		w.port.open(ctx)
	}
	return w
}

// begin shows the gateway, once all of it is there.
func (w *watch) begin(g *gateway) {
	var health []monitor.Part
	for _, p := range g.parts() {
		health = append(health, monitor.Part{Name: p.name, Needed: true, Ask: p.answers})
	}
	w.Watch(health, g.ready())
	w.Read(gatewayFigures(), g.figures)
}

// faultsPart and identityPart tell of what no bundle brings about.
const (
	faultsPart   = "faults"
	identityPart = "identity"
)

// ready are the parts of the gateway as /readyz shows them. What selling and
// showing the pages need is needed.
func (g *gateway) ready() []monitor.Part {
	list := []monitor.Part{
		{Name: "ledger", Needed: true, Ask: g.db.Turn},
		{Name: "catalogue", Needed: true, Ask: g.catalogueReady},
		{Name: faultsPart, Ask: g.faultless},
	}
	for i, s := range g.stations {
		list = append(list,
			monitor.Part{Name: "pages of " + s.plain.kiosk, Needed: i == 0, Ask: func(ctx context.Context) error { return s.pagesReady(ctx, g.cfg.HTTP.AllowedHosts[0]) }},
			monitor.Part{Name: "camera of " + s.plain.kiosk, Ask: s.cameraReady})
	}
	if g.desk != nil {
		list = append(list, monitor.Part{Name: "printer", Ask: g.printerReady})
	}
	if g.uplink != nil {
		list = append(list, monitor.Part{Name: "line", Ask: g.lineReady}, monitor.Part{Name: identityPart, Ask: g.alone})
	}
	return list
}

func (g *gateway) catalogueReady(ctx context.Context) error {
	if _, err := g.db.Release(ctx); err != nil {
		return fmt.Errorf("nothing can be sold without a catalogue: see shop_dir, or issue one at headquarters: %w", err)
	}
	return nil
}

// faultless is what the till's status shows too.
func (g *gateway) faultless(context.Context) error {
	var errs []error
	for _, f := range g.faults() {
		errs = append(errs, errors.New(f.Part+": "+f.Message))
	}
	return errors.Join(errs...)
}

// pagesReady asks for the shoppers' page as a browser does that was led to host.
func (s *station) pagesReady(ctx context.Context, host string) error {
	if s.plain.listener() == nil {
		return fmt.Errorf("nothing is served at %s: stop the other program that holds it, or choose another address", s.plain.addr)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+"/", nil)
	if err != nil {
		return err
	}
	req.Host = host
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the page does not come: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the page is answered with %s: this program was built without its pages, or cannot show them; install it anew", resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

func (s *station) cameraReady(context.Context) error {
	switch st := s.mirror.pipeline.Stats(); {
	case st.CameraError != "":
		return fmt.Errorf("the camera gives no pictures (%s): see that it is plugged in and that camera.source names it", st.CameraError)
	case st.CameraFault != "":
		return fmt.Errorf("the camera's pictures are %s: look at its lens, its light and its cable", st.CameraFault)
	case !st.Camera && !st.Paused:
		return errors.New("the camera has given no picture yet: wait, or see that it is plugged in")
	}
	return nil
}

func (g *gateway) printerReady(ctx context.Context) error {
	switch st, err := g.desk.Status(ctx); {
	case err != nil:
		return err
	case st.State == edge.PrinterUnknown:
		return errors.New("the printer has not been asked yet: wait")
	case st.State != edge.PrinterReady && st.State != edge.PrinterPaperLow:
		return printerFault(st.State)
	case st.Asks > 0:
		return fmt.Errorf("%d tickets may or may not have come out: decide about them at the till, under device", st.Asks)
	}
	return nil
}

// printerFault says what is wrong with the printer, and how to mend it.
func printerFault(why edge.PrintReason) error {
	mend := map[edge.PrintReason]string{
		edge.PrinterPaperOut:  "put in a new roll",
		edge.PrinterCoverOpen: "close its cover",
		edge.PrinterOffline:   "see that it is switched on and plugged in, and that printer.address names it",
	}[why]
	if mend == "" {
		mend = "switch it off and on; its cutter may be stuck"
	}
	return fmt.Errorf("the ticket printer does not print (%s): %s", why, mend)
}

func (g *gateway) lineReady(context.Context) error {
	if g.uplink.Status().Shut {
		return errors.New("headquarters has shut this machine out: see faults")
	}
	if up, since := g.line(); !up {
		return fmt.Errorf("headquarters does not answer since %s: see the shop's line, hq.mqtt and hq.key; sales are kept meanwhile", since.UTC().Format(time.DateTime+" UTC"))
	}
	return nil
}

// alone fails while another machine goes, or may go, by this one's name.
func (g *gateway) alone(context.Context) error { return notAlone(g.uplink.Status()) }

// url is where Prometheus reads the figures; empty for nowhere.
func (w *watch) url() string {
	if w.port == nil {
		return ""
	}
	return "http://" + w.port.at() + monitor.MetricsPath
}
