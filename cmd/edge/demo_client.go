package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

// demoClient is the shopper, the clerk and the phone of an unattended demo.
type demoClient struct {
	http     *http.Client
	edge, hq string // base URLs
	variants []edge.SKU
	cart     edge.CartID
}

// tryOn goes through the consent screen and puts on a lipstick and glasses.
func (c *demoClient) tryOn(ctx context.Context) error {
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

// fill opens a cart with one of the first thing that is tried on and two of the other.
func (c *demoClient) fill(ctx context.Context) error {
	var cart struct {
		ID edge.CartID `json:"id"`
	}
	if err := c.call(ctx, "POST", c.edge+"/api/v1/carts", struct{}{}, &cart); err != nil {
		return err
	}
	c.cart = cart.ID
	for i, sku := range c.variants {
		if err := c.add(ctx, sku, i+1); err != nil {
			return err
		}
	}
	return nil
}

// add puts pieces of a product into the cart.
func (c *demoClient) add(ctx context.Context, sku edge.SKU, pieces int) error {
	line := map[string]any{"sku": sku, "quantity": pieces}
	return c.call(ctx, "POST", c.edge+"/api/v1/carts/"+c.cart.String()+"/lines", line, nil)
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
