package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// kioskMix is what a kiosk's page asks for while a shopper chooses, in about the
// shares in which it does.
type kioskMix struct {
	client *http.Client
	edge   string
	tag    string // of the catalogue that the page has
	asks   []kioskAsk
}

// kioskAsk is one of the things that are asked; body is given the request's
// number, and may be nil.
type kioskAsk struct {
	times        int // of 25
	method, path string
	body         func(n int) any
}

// newKioskMix opens a cart for the shopper, whose page asks from then on.
func newKioskMix(ctx context.Context, shopper *demoClient) (*kioskMix, error) {
	if err := shopper.fill(ctx); err != nil {
		return nil, err
	}
	var cart struct {
		Lines []struct {
			ID      string `json:"id"`
			Picture string `json:"picture"`
		} `json:"lines"`
	}
	at := "/api/v1/carts/" + shopper.cart.String()
	if err := shopper.call(ctx, http.MethodGet, shopper.edge+at, nil, &cart); err != nil {
		return nil, err
	}
	if len(cart.Lines) == 0 {
		return nil, fmt.Errorf("cart %s has no lines", shopper.cart.String())
	}
	m := &kioskMix{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}, edge: shopper.edge}
	resp, err := shopper.do(ctx, http.MethodGet, m.edge+"/api/v1/catalogue", nil, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return nil, err
	}
	m.tag = resp.Header.Get("ETag")
	look := func(n int) any {
		return map[string]any{"skus": shopper.variants, "intensity": 0.3 + float64(n%7)/10}
	}
	m.spread([]kioskAsk{
		{10, http.MethodGet, "/kiosk/v1/session", nil},
		{3, http.MethodPost, "/kiosk/v1/session/touch", nil},
		{2, http.MethodPut, "/kiosk/v1/session/look", look},
		{3, http.MethodGet, at, nil},
		{1, http.MethodPut, at + "/lines/" + cart.Lines[0].ID, func(n int) any { return map[string]any{"quantity": 1 + n%9} }},
		{1, http.MethodGet, "/api/v1/catalogue", nil},
		{1, http.MethodGet, "/api/v1/catalogue/search?q=" + url.QueryEscape("son li"), nil},
		{1, http.MethodGet, "/api/v1/catalogue/variants/" + url.PathEscape(string(shopper.variants[0])), nil},
		{1, http.MethodGet, "/api/v1/status", nil},
		{1, http.MethodGet, cart.Lines[0].Picture, nil},
		{1, http.MethodGet, "/", nil},
	})
	return m, nil
}

// spread deals the asks out so that the same ones do not come together.
func (m *kioskMix) spread(asks []kioskAsk) {
	for left := true; left; {
		left = false
		for i := range asks {
			if asks[i].times > 0 {
				asks[i].times--
				m.asks = append(m.asks, asks[i])
				left = true
			}
		}
	}
}

// send sends request n and reads its answer.
func (m *kioskMix) send(ctx context.Context, n int) error {
	a := m.asks[n%len(m.asks)]
	var body io.Reader = http.NoBody
	if a.body != nil {
		b, err := json.Marshal(a.body(n))
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, a.method, m.edge+a.path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("If-None-Match", m.tag)
	resp, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s was answered with %s", a.method, a.path, resp.Status)
	}
	return nil
}
