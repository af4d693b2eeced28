package main

import (
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
)

// onceReport is what `edge demo --once` found. Every field is measured on the
// running shop, through the same doors that shoppers, clerks and HQ use.
type onceReport struct {
	OK      bool         `json:"ok"`
	Frames  int          `json:"frames"` // pictures that reached a viewer
	Faces   uint64       `json:"faces"`  // faces found meanwhile
	FPS     float64      `json:"fps"`
	FrameMS ar.Quantiles `json:"frame_ms"`
	Cart    struct {
		ID         string `json:"id"`
		URL        string `json:"url"`
		QRReadBack bool   `json:"qr_read_back"`
		OpenedAtHQ bool   `json:"opened_at_hq"`
	} `json:"cart"`
	Sale struct {
		Receipt         string `json:"receipt"`
		RecordedOffline bool   `json:"recorded_offline"`
		ConfirmedByHQ   bool   `json:"confirmed_by_hq"`
	} `json:"sale"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"`
}

const (
	onceFrames = 90              // pictures to see before the mirror counts as running
	onceLimit  = 2 * time.Minute // for the whole job
)

// runOnce does the main job once: a shopper at the mirror, a cart handed to a
// phone and a sale, both while the line is cut, and the line back.
func runOnce(ctx context.Context, d *demo) onceReport {
	ctx, cancel := context.WithTimeout(ctx, onceLimit)
	defer cancel()
	start := time.Now()
	var r onceReport
	err := d.once(ctx, &r)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("not done within %v: %w", onceLimit, err)
	}
	r.Seconds = time.Since(start).Seconds()
	if r.OK = err == nil; !r.OK {
		r.Error = err.Error()
	}
	return r
}

// onceJob is the main job on a running demo, and what was seen of it.
type onceJob struct {
	*demoClient
	demo   *demo
	report *onceReport
}

func (d *demo) once(ctx context.Context, r *onceReport) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	j := &onceJob{demoClient: &demoClient{http: &http.Client{Jar: jar}, edge: d.edgeURL, hq: d.hqURL}, demo: d, report: r}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"try on", j.tryOn},
		{"watch the mirror", j.watch},
		{"fill the cart", j.fill},
		{"cut the line", j.cutLine},
		{"hand the cart to a phone", j.handOff},
		{"sell the cart", j.sell},
		{"restore the line", j.restoreLine},
		{"wait for HQ", j.confirm},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// watch looks at the mirror until enough pictures have come.
func (j *onceJob) watch(ctx context.Context) error {
	resp, err := j.do(ctx, "GET", j.edge+"/kiosk/v1/mirror.mjpeg", nil, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	r := j.report
	before := j.demo.gateway.mirror.pipeline.Stats()
	parts := multipart.NewReader(resp.Body, params["boundary"])
	for r.Frames < onceFrames {
		part, err := parts.NextRawPart()
		if err != nil {
			return fmt.Errorf("picture %d: %w", r.Frames+1, err)
		}
		if _, err := jpeg.Decode(part); err != nil {
			return fmt.Errorf("picture %d: %w", r.Frames+1, err)
		}
		r.Frames++
	}
	after := j.demo.gateway.mirror.pipeline.Stats()
	r.Faces, r.FPS, r.FrameMS = after.Faces-before.Faces, after.FPS, after.FrameMS
	if drawn := after.Drawn - before.Drawn; drawn < onceFrames/2 {
		return fmt.Errorf("the look was drawn on %d of %d frames only", drawn, r.Frames)
	}
	return nil
}

func (j *onceJob) fill(ctx context.Context) error {
	if err := j.demoClient.fill(ctx); err != nil {
		return err
	}
	j.report.Cart.ID = j.cart.String()
	return nil
}

// cutLine cuts a line that has been up, as it has in a shop after installation day.
func (j *onceJob) cutLine(ctx context.Context) error {
	if err := poll(ctx, func() (bool, error) { return j.demo.gateway.uplink.Status().Up, nil }); err != nil {
		return err
	}
	j.demo.line.setCut(true)
	return poll(ctx, func() (bool, error) { return !j.demo.gateway.uplink.Status().Up, nil })
}

// handOff prints the cart's code, reads it back as a phone's camera does, and
// opens it at HQ, which has not heard of what was printed while the line was
// cut.
func (j *onceJob) handOff(ctx context.Context) error {
	r := j.report
	var link struct {
		URL string `json:"url"`
	}
	// One more piece, so that HQ cannot know the cart by any other way.
	if err := j.add(ctx, j.variants[0], 1); err != nil {
		return err
	}
	if err := j.call(ctx, "POST", j.edge+"/api/v1/carts/"+r.Cart.ID+"/handoff", struct{}{}, &link); err != nil {
		return err
	}
	r.Cart.URL = link.URL
	slip, err := ticket.QR(link.URL, ticket.Paper80)
	if err != nil {
		return err
	}
	read, err := ticket.ReadBack(slip)
	if err != nil {
		return err
	}
	if r.Cart.QRReadBack = read == link.URL; !r.Cart.QRReadBack {
		return fmt.Errorf("the printed code reads %q, want %q", read, link.URL)
	}
	if err := j.call(ctx, "GET", read, nil, nil); err != nil {
		return err
	}
	r.Cart.OpenedAtHQ, err = j.sameAtHQ(ctx)
	if err == nil && !r.Cart.OpenedAtHQ {
		err = errors.New("the cart at HQ differs from the shop's")
	}
	return err
}

// sameAtHQ compares what the shop and HQ would sell for the cart.
func (j *onceJob) sameAtHQ(ctx context.Context) (bool, error) {
	here, err := j.demo.gateway.db.Cart(ctx, j.cart)
	if err != nil {
		return false, err
	}
	there, _, err := j.demo.hq.DB.Cart(ctx, j.cart)
	if err != nil {
		return false, err
	}
	return maps.Equal(quantities(here), quantities(there)), nil
}

// quantities is what a cart would be sold as.
func quantities(c *edge.Cart) map[edge.SKU]int {
	q := map[edge.SKU]int{}
	for i := range c.Lines {
		if n := c.Lines[i].Quantity(); n > 0 {
			q[c.Lines[i].SKU] += n
		}
	}
	return q
}

func (j *onceJob) sell(ctx context.Context) error {
	r := j.report
	var session struct {
		CSRF string `json:"csrf"`
	}
	if err := j.call(ctx, "POST", j.edge+"/api/v1/staff/session", map[string]string{"pin": demoPIN}, &session); err != nil {
		return err
	}
	header := http.Header{"X-Csrf": {session.CSRF}, "Idempotency-Key": {"demo-" + r.Cart.ID}}
	var cart struct {
		Total edge.Money `json:"total"`
	}
	if err := j.call(ctx, "GET", j.edge+"/api/v1/carts/"+r.Cart.ID, nil, &cart); err != nil {
		return err
	}
	body := map[string]any{"cart": r.Cart.ID, "payments": edge.Payments{{Method: edge.Cash, Amount: cart.Total.Amount}}}
	var sold struct {
		Sale edge.Sale `json:"sale"`
	}
	if err := j.callWith(ctx, "POST", j.edge+"/api/v1/staff/sales", header, body, &sold); err != nil {
		return err
	}
	first := sold.Sale
	// The clerk's page lost the answer and asks again: nothing is sold twice.
	if err := j.callWith(ctx, "POST", j.edge+"/api/v1/staff/sales", header, body, &sold); err != nil {
		return err
	}
	if sold.Sale.Receipt != first.Receipt {
		return fmt.Errorf("asked twice, sold twice: receipts %s and %s", first.Receipt, sold.Sale.Receipt)
	}
	r.Sale.Receipt = first.Receipt.String()
	n, err := j.salesAtHQ(ctx, r.Sale.Receipt)
	if err != nil {
		return err
	}
	r.Sale.RecordedOffline = first.Offline && n == 0 && j.demo.line.isCut()
	if !r.Sale.RecordedOffline {
		return errors.New("the sale was not recorded offline")
	}
	return nil
}

func (j *onceJob) restoreLine(context.Context) error {
	j.demo.line.setCut(false)
	return nil
}

// confirm waits until HQ shows the sale, the shop knows that it does, and the
// cart is the same closed cart on both sides.
func (j *onceJob) confirm(ctx context.Context) error {
	r := j.report
	return poll(ctx, func() (bool, error) {
		n, err := j.salesAtHQ(ctx, r.Sale.Receipt)
		if err != nil || n == 0 {
			return false, err
		}
		if n > 1 {
			return false, fmt.Errorf("HQ has the sale %d times", n)
		}
		for _, lane := range edge.Lanes() {
			if waiting, _, err := j.demo.gateway.db.Waiting(ctx, lane); err != nil || waiting > 0 {
				return false, err
			}
		}
		there, _, err := j.demo.hq.DB.Cart(ctx, j.cart)
		if err != nil || there.Closed == nil {
			return false, err
		}
		r.Sale.ConfirmedByHQ, err = j.sameAtHQ(ctx)
		return r.Sale.ConfirmedByHQ, err
	})
}

// salesAtHQ counts the sales with that receipt that HQ shows.
func (j *onceJob) salesAtHQ(ctx context.Context, receipt string) (int, error) {
	var page struct {
		Sales []hq.Sale `json:"sales"`
	}
	if err := j.call(ctx, "GET", j.hq+"/sales.json?limit=100", nil, &page); err != nil {
		return 0, err
	}
	n := 0
	for _, s := range page.Sales {
		if s.Sale.Receipt.String() == receipt {
			n++
		}
	}
	return n, nil
}
