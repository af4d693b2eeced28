package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/process/doortest"
	"github.com/mirrorcart/mirrorcart/edge"
)

// A day on which people enter who they are wherever they can, and a clerk types
// card numbers into every field, leaves no word of it in the log, however much is
// logged: neither the shop's nor headquarters'.
func TestNobodyIsInTheLog(t *testing.T) {
	var log locked
	f := demoFlags{addr: "127.0.0.1:0", hqAddr: "127.0.0.1:0", mqttAddr: "127.0.0.1:0", dir: t.TempDir(), models: modelsFolder(t)}
	d, err := newDemo(t.Context(), &f, process.Log(&log, slog.LevelDebug))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	end := func() {
		stop()
		require.NoError(t, errors.Join(<-done, d.close()))
	}
	defer func() {
		if ctx.Err() == nil {
			end()
		}
	}()

	words := doortest.Personal()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := &demoClient{http: doortest.Visitor(), edge: d.edgeURL, hq: d.hqURL}
	c.http.Jar = jar
	defer c.http.CloseIdleConnections()
	door := doortest.Door{URL: d.edgeURL, Routes: d.gateway.engine.Routes(), Client: c.http}
	door.Entrust(t, words, nil) // strangers

	require.NoError(t, c.tryOn(ctx))
	require.NoError(t, c.fill(ctx))
	var session struct {
		CSRF string `json:"csrf"`
	}
	require.NoError(t, c.call(ctx, "POST", c.edge+"/api/v1/staff/session", map[string]string{"pin": demoPIN}, &session))
	cart := c.edge + "/api/v1/carts/" + c.cart.String()
	staff := c.edge + "/api/v1/staff"
	key := 0
	call := func(method, url string, body, reply any) {
		t.Helper()
		key++
		header := http.Header{"X-Csrf": {session.CSRF}, "Idempotency-Key": {"log-test-key-" + string(rune('a'+key))}}
		require.NoError(t, c.callWith(ctx, method, url, header, body, reply))
	}
	name, phone, street := words[0], words[1], words[2]
	call("PUT", cart+"/fields/note", map[string]string{"text": name + " " + phone}, nil)
	call("PUT", staff+"/carts/"+c.cart.String()+"/parked", map[string]string{"name": name, "note": phone}, nil)
	call("DELETE", staff+"/carts/"+c.cart.String()+"/parked", nil, nil)
	asked := map[string]any{
		"lines": []edge.AskedLine{{SKU: c.variants[0], Quantity: 1, Note: "for " + name}}, "way": edge.Deliver, "province": "79", "terms": edge.PayOnReceipt,
	}
	var quoted struct {
		Quote struct {
			Total edge.Money `json:"total"`
		} `json:"quote"`
	}
	call("POST", staff+"/orders/quote", asked, &quoted)
	asked["total"], asked["note"] = quoted.Quote.Total.Amount, "ring "+phone
	asked["contact"] = map[string]any{
		"name": name, "phone": phone, "agreed": "test-1", "remember": true,
		"address": edge.Address{Country: edge.Vietnam, Region: "Hồ Chí Minh", Locality: "Phường Sài Gòn", Street: street},
	}
	call("POST", staff+"/orders", asked, nil)
	call("GET", staff+"/customers?phone="+phone, nil, nil)
	var total struct {
		Total edge.Money `json:"total"`
	}
	call("GET", cart, nil, &total)
	call("POST", staff+"/sales", map[string]any{
		"cart": c.cart.String(), "payments": edge.Payments{{Method: edge.Cash, Amount: total.Total.Amount}},
	}, nil)
	door.Entrust(t, words, http.Header{"X-Csrf": {session.CSRF}}) // a clerk
	d.line.setCut(false)
	require.Eventually(t, func() bool { // headquarters has all of it
		waiting, _, err := d.gateway.db.Waiting(ctx, edge.LaneSale)
		return err == nil && waiting == 0
	}, 2*time.Minute, 20*time.Millisecond)
	end()

	log.mu.Lock()
	defer log.mu.Unlock()
	text := log.String()
	require.Contains(t, text, "route=/api/v1/staff/orders", "requests are logged at this level")
	words.Absent(t, text)
	require.NotContains(t, regexp.MustCompile(`(time|took)=\S+|127\.0\.0\.1:\d+`).ReplaceAllString(text, ""), demoPIN) // which any number may hold
}
