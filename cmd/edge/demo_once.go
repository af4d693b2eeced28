package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"strings"
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
	onceFrames = 90               // pictures to see before the mirror counts as running
	onceLimit  = 30 * time.Second // for the whole job
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

func (d *demo) once(ctx context.Context, r *onceReport) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	c := &demoClient{http: &http.Client{Jar: jar}, edge: d.edgeURL, hq: d.hqURL}
	for _, step := range []struct {
		what string
		do   func(context.Context, *demo, *onceReport) error
	}{
		{"try on", c.tryOn},
		{"watch the mirror", c.watch},
		{"fill the cart", c.fill},
		{"cut the line", c.cutLine},
		{"hand the cart to a phone", c.handOff},
		{"sell the cart", c.sell},
		{"restore the line", c.restoreLine},
		{"wait for HQ", c.confirm},
	} {
		if err := step.do(ctx, d, r); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// demoClient is the shopper, the clerk and the phone of an unattended demo.
type demoClient struct {
	http     *http.Client
	edge, hq string // base URLs
	variants []edge.SKU
	cart     edge.CartID
}

// tryOn goes through the consent screen and puts on a lipstick and glasses.
func (c *demoClient) tryOn(ctx context.Context, _ *demo, _ *onceReport) error {
	var shelf struct {
		Products []struct {
			Variants []edge.Variant `json:"variants"`
		} `json:"products"`
	}
	if err := c.call(ctx, "GET", c.edge+"/api/v1/catalogue", nil, &shelf); err != nil {
		return err
	}
	worn := map[ar.Kind]bool{}
	for _, p := range shelf.Products {
		for _, v := range p.Variants {
			if v.TryOn == nil || worn[ar.Kind(v.TryOn.Kind)] {
				continue
			}
			if kind := ar.Kind(v.TryOn.Kind); kind == ar.Lipstick || kind == ar.Glasses {
				worn[kind] = true
				c.variants = append(c.variants, v.SKU)
			}
		}
	}
	if len(c.variants) != 2 {
		return fmt.Errorf("the shop has try-ons %v, want a lipstick and a pair of glasses", c.variants)
	}
	if err := c.call(ctx, "POST", c.edge+"/kiosk/v1/session", map[string]any{"language": "vi"}, nil); err != nil {
		return err
	}
	if err := c.call(ctx, "POST", c.edge+"/kiosk/v1/session/consent", map[string]any{"camera": true}, nil); err != nil {
		return err
	}
	return c.call(ctx, "PUT", c.edge+"/kiosk/v1/session/look", map[string]any{"skus": c.variants, "intensity": 0.7}, nil)
}

// watch looks at the mirror until enough pictures have come.
func (c *demoClient) watch(ctx context.Context, d *demo, r *onceReport) error {
	resp, err := c.do(ctx, "GET", c.edge+"/kiosk/v1/mirror.mjpeg", nil, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	before := d.gateway.mirror.pipeline.Stats()
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
	after := d.gateway.mirror.pipeline.Stats()
	r.Faces, r.FPS, r.FrameMS = after.Faces-before.Faces, after.FPS, after.FrameMS
	if drawn := after.Drawn - before.Drawn; drawn < onceFrames/2 {
		return fmt.Errorf("the look was drawn on %d of %d frames only", drawn, r.Frames)
	}
	return nil
}

func (c *demoClient) fill(ctx context.Context, _ *demo, r *onceReport) error {
	var cart struct {
		ID edge.CartID `json:"id"`
	}
	if err := c.call(ctx, "POST", c.edge+"/api/v1/carts", struct{}{}, &cart); err != nil {
		return err
	}
	c.cart, r.Cart.ID = cart.ID, cart.ID.String()
	for i, sku := range c.variants {
		line := map[string]any{"sku": sku, "quantity": i + 1}
		if err := c.call(ctx, "POST", c.edge+"/api/v1/carts/"+r.Cart.ID+"/lines", line, nil); err != nil {
			return err
		}
	}
	return nil
}

// cutLine cuts a line that has been up, as it has in a shop after installation day.
func (c *demoClient) cutLine(ctx context.Context, d *demo, _ *onceReport) error {
	if err := poll(ctx, func() (bool, error) { return d.gateway.uplink.Status().Up, nil }); err != nil {
		return err
	}
	d.line.setCut(true)
	return poll(ctx, func() (bool, error) { return !d.gateway.uplink.Status().Up, nil })
}

// handOff prints the cart's code, reads it back as a phone's camera does, and
// opens it at HQ, which has not heard of what was printed while the line was
// cut.
func (c *demoClient) handOff(ctx context.Context, d *demo, r *onceReport) error {
	var link struct {
		URL string `json:"url"`
	}
	// One more piece, so that HQ cannot know the cart by any other way.
	line := map[string]any{"sku": c.variants[0], "quantity": 1}
	if err := c.call(ctx, "POST", c.edge+"/api/v1/carts/"+r.Cart.ID+"/lines", line, nil); err != nil {
		return err
	}
	if err := c.call(ctx, "POST", c.edge+"/api/v1/carts/"+r.Cart.ID+"/handoff", struct{}{}, &link); err != nil {
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
	if err := c.call(ctx, "GET", read, nil, nil); err != nil {
		return err
	}
	r.Cart.OpenedAtHQ, err = c.sameAtHQ(ctx, d)
	if err == nil && !r.Cart.OpenedAtHQ {
		err = errors.New("the cart at HQ differs from the shop's")
	}
	return err
}

// sameAtHQ compares what the shop and HQ would sell for the cart.
func (c *demoClient) sameAtHQ(ctx context.Context, d *demo) (bool, error) {
	here, err := d.gateway.db.Cart(ctx, c.cart)
	if err != nil {
		return false, err
	}
	there, _, err := d.hq.DB.Cart(ctx, c.cart)
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

func (c *demoClient) sell(ctx context.Context, d *demo, r *onceReport) error {
	var session struct {
		CSRF string `json:"csrf"`
	}
	if err := c.call(ctx, "POST", c.edge+"/api/v1/staff/session", map[string]string{"pin": demoPIN}, &session); err != nil {
		return err
	}
	header := http.Header{"X-Csrf": {session.CSRF}, "Idempotency-Key": {"demo-" + r.Cart.ID}}
	var cart struct {
		Total edge.Money `json:"total"`
	}
	if err := c.call(ctx, "GET", c.edge+"/api/v1/carts/"+r.Cart.ID, nil, &cart); err != nil {
		return err
	}
	body := map[string]any{"cart": r.Cart.ID, "payments": edge.Payments{{Method: edge.Cash, Amount: cart.Total.Amount}}}
	var sold struct {
		Sale edge.Sale `json:"sale"`
	}
	if err := c.callWith(ctx, "POST", c.edge+"/api/v1/staff/sales", header, body, &sold); err != nil {
		return err
	}
	first := sold.Sale
	// The clerk's page lost the answer and asks again: nothing is sold twice.
	if err := c.callWith(ctx, "POST", c.edge+"/api/v1/staff/sales", header, body, &sold); err != nil {
		return err
	}
	if sold.Sale.Receipt != first.Receipt {
		return fmt.Errorf("asked twice, sold twice: receipts %s and %s", first.Receipt, sold.Sale.Receipt)
	}
	r.Sale.Receipt = first.Receipt.String()
	n, err := c.salesAtHQ(ctx, r.Sale.Receipt)
	if err != nil {
		return err
	}
	r.Sale.RecordedOffline = first.Offline && n == 0 && d.line.isCut()
	if !r.Sale.RecordedOffline {
		return errors.New("the sale was not recorded offline")
	}
	return nil
}

func (c *demoClient) restoreLine(_ context.Context, d *demo, _ *onceReport) error {
	d.line.setCut(false)
	return nil
}

// confirm waits until HQ shows the sale, the shop knows that it does, and the
// cart is the same closed cart on both sides.
func (c *demoClient) confirm(ctx context.Context, d *demo, r *onceReport) error {
	return poll(ctx, func() (bool, error) {
		n, err := c.salesAtHQ(ctx, r.Sale.Receipt)
		if err != nil || n == 0 {
			return false, err
		}
		if n > 1 {
			return false, fmt.Errorf("HQ has the sale %d times", n)
		}
		for _, lane := range edge.Lanes() {
			if waiting, _, err := d.gateway.db.Waiting(ctx, lane); err != nil || waiting > 0 {
				return false, err
			}
		}
		there, _, err := d.hq.DB.Cart(ctx, c.cart)
		if err != nil || there.Closed == nil {
			return false, err
		}
		r.Sale.ConfirmedByHQ, err = c.sameAtHQ(ctx, d)
		return r.Sale.ConfirmedByHQ, err
	})
}

// salesAtHQ counts the sales with that receipt that HQ shows.
func (c *demoClient) salesAtHQ(ctx context.Context, receipt string) (int, error) {
	var page struct {
		Sales []hq.Sale `json:"sales"`
	}
	if err := c.call(ctx, "GET", c.hq+"/sales.json?limit=100", nil, &page); err != nil {
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

func (c *demoClient) call(ctx context.Context, method, url string, body, reply any) error {
	return c.callWith(ctx, method, url, nil, body, reply)
}

func (c *demoClient) callWith(ctx context.Context, method, url string, header http.Header, body, reply any) error {
	resp, err := c.do(ctx, method, url, header, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if reply == nil {
		_, err := io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(reply)
}

// do sends a request and turns a refusal into an error.
func (c *demoClient) do(ctx context.Context, method, url string, header http.Header, body any) (*http.Response, error) {
	var rd io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		rd = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, rd)
	if err != nil {
		return nil, err
	}
	if header != nil {
		req.Header = header.Clone()
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		return nil, fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, strings.TrimSpace(string(b)))
	}
	return resp, nil
}

// poll asks until ok, an error, or the end of ctx.
func poll(ctx context.Context, ask func() (ok bool, err error)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := ask(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
