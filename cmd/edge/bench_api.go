package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

// benchAPI is what `edge bench api` is asked to do.
type benchAPI struct {
	rate    int // requests a second
	seconds int
	models  string
	json    bool
}

// benchAPIReport is the one line of JSON, and what the table says besides.
type benchAPIReport struct {
	FPS    float64 `json:"-"` // of the mirror meanwhile
	failed error   // the last of the errors

	Rate   float64       `json:"requests_per_s"` // that were answered
	Errors int           `json:"errors"`
	MS     rig.Quantiles `json:"ms"` // from when a request was due until its answer was read
}

func benchAPICommand() *cobra.Command {
	var b benchAPI
	cmd := &cobra.Command{
		Use:   "api",
		Short: "Measure the kiosk's interface while its mirror runs",
		Long: `Measure the kiosk's interface while its mirror runs. A whole gateway of the demo
shop is started in a folder of its own; a shopper wears a lipstick and glasses
before the demo's clip, somebody watches, and what a kiosk's page asks for comes
in over HTTP at a steady rate: the session, shades, the cart and its lines, the
catalogue, searches, pictures and the page itself. A request that must wait for
the one before counts its waiting. The requests are made by the same process.`,
		Example: `  edge bench api
  edge bench api --rate 500 --seconds 30 --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if b.rate < 1 || b.rate > 10_000 || b.seconds < 1 || b.seconds > 3600 {
				return process.UsageError{Err: fmt.Errorf("bench api: --rate is %d and --seconds %d: want 1 to 10000 and 1 to 3600", b.rate, b.seconds)}
			}
			r, err := b.run(cmd.Context(), process.Log(cmd.ErrOrStderr(), slog.LevelWarn))
			if err != nil {
				return fmt.Errorf("bench api: %w", err)
			}
			if b.json {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
			}
			return r.print(cmd.OutOrStdout())
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&b.rate, "rate", 500, "requests a second")
	fl.IntVar(&b.seconds, "seconds", 10, "how long")
	fl.StringVar(&b.models, "models", "", "the `folder` of the face models and the clip of the mirror")
	fl.BoolVar(&b.json, "json", false, "print one line of JSON on standard output")
	return cmd
}

// run starts a gateway, measures it, and deletes it.
func (b *benchAPI) run(ctx context.Context, log *slog.Logger) (_ *benchAPIReport, err error) {
	dir, err := os.MkdirTemp("", "bench-api")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	settings := demoFlags{dir: dir, models: b.models, addr: "127.0.0.1:0"}
	cfg, err := settings.edgeConfig()
	if err != nil {
		return nil, err
	}
	shop, err := fs.Sub(demoFiles, "demo/shop")
	if err != nil {
		return nil, err
	}
	g, err := newGateway(ctx, gatewayOptions{cfg: cfg, shop: shop, log: log, needMirror: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	running := rig.Go(ctx, g.run)
	defer func() { err = errors.Join(err, running.Stop()) }()

	shopper := &demoClient{http: &http.Client{}, edge: g.url()}
	if err := shopper.tryOn(ctx); err != nil {
		return nil, err
	}
	watching := rig.Go(ctx, shopper.stare)
	defer func() {
		if seen := watching.Stop(); !errors.Is(seen, context.Canceled) {
			err = errors.Join(err, seen)
		}
	}()
	mix, err := newKioskMix(ctx, shopper)
	if err != nil {
		return nil, err
	}
	if _, err := mix.ask(ctx, b.rate, b.rate); err != nil { // a second, to warm up
		return nil, err
	}
	before := g.mirror.pipeline.Stats().Drawn
	r, err := mix.ask(ctx, b.rate, b.rate*b.seconds)
	if err == nil && g.mirror.pipeline.Stats().Drawn == before {
		err = errors.New("the mirror drew nothing meanwhile: no face was seen")
	}
	if err == nil {
		r.FPS = g.mirror.pipeline.Stats().FPS
	}
	return r, err
}

// stare looks at the mirror until ctx is done.
func (c *demoClient) stare(ctx context.Context) error {
	resp, err := c.do(ctx, http.MethodGet, c.edge+"/kiosk/v1/mirror.mjpeg", nil, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// ask sends so many requests of the mix, each when it is due.
func (m *kioskMix) ask(ctx context.Context, rate, requests int) (*benchAPIReport, error) {
	const askers = 64 // requests that may be under way at a time; more wait their turn
	var mu sync.Mutex
	r := &benchAPIReport{}
	took := make([]time.Duration, 0, requests)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askers)
	start := time.Now()
	for i := range requests {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(due)):
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			err := m.send(ctx, i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				r.Errors++
				r.failed = err
			}
			took = append(took, time.Since(due))
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if r.Errors == requests {
		return nil, fmt.Errorf("no request was answered: %w", r.failed)
	}
	r.Rate = float64(requests-r.Errors) / time.Since(start).Seconds()
	r.MS = rig.Quantiles{P50: quantile(took, 0.50), P99: quantile(took, 0.99)}
	return r, nil
}

func (r *benchAPIReport) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `what a kiosk asks, while its mirror runs

  answered     %8.1f requests a second, %d errors
  answer       p50 %6.2f ms   p99 %6.2f
  mirror       %8.1f frames a second
`, r.Rate, r.Errors, r.MS.P50, r.MS.P99, r.FPS)
	return err
}
