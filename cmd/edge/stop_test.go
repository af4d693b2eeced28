package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// clerk sells over HTTP, as a till's page does.
type clerk struct {
	http http.Client
	base string
	csrf string
}

func newClerk(t *testing.T, base, pin string) *clerk {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := &clerk{http: http.Client{Jar: jar}, base: base + "/api/v1"}
	var session struct {
		CSRF string `json:"csrf"`
	}
	status, err := c.post("/staff/session", "", map[string]string{"pin": pin}, &session)
	require.NoError(t, err)
	require.Less(t, status, 300)
	c.csrf = session.CSRF
	return c
}

// post answers with the status, and an error where there was no answer.
func (c *clerk) post(path, key string, body, reply any) (status int, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequest(http.MethodPost, c.base+path, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "X-Csrf": {c.csrf}, "Idempotency-Key": {key}}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if reply == nil || resp.StatusCode >= 300 {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.NewDecoder(resp.Body).Decode(reply)
}

// A gateway that is told to stop while tills sell has every sale that it said it
// has. Of the others the till may ask again when it is back, and no cart is sold
// twice.
func TestASaleDuringTheStopIsThereOrIsNot(t *testing.T) {
	const clerks, pin = 8, "2468"
	dir := t.TempDir()
	cfg := testShop(t, dir)
	hash, err := api.HashPIN(pin)
	require.NoError(t, err)
	cfg.Staff = []firmwarecfg.Staff{{Name: "Linh", Role: firmwarecfg.Manager, PINHash: hash}}
	g, err := newGateway(t.Context(), testGateway(t, cfg))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- g.run(ctx) }()
	r, err := g.db.Release(t.Context())
	require.NoError(t, err)
	price := r.Variants[0].Price.Amount

	type checkout struct {
		key      string
		cart     edge.CartID
		answered bool // that it is sold
	}
	var mu sync.Mutex
	var all []checkout
	enough := sync.OnceFunc(stop)
	var tills sync.WaitGroup
	staff := make([]*clerk, clerks)
	for i := range staff {
		staff[i] = newClerk(t, g.url(), pin)
	}
	for i, c := range staff {
		tills.Go(func() {
			for n := 0; ; n++ {
				var cart struct {
					ID edge.CartID `json:"id"`
				}
				if status, err := c.post("/carts", "", struct{}{}, &cart); err != nil || status >= 300 {
					return
				}
				if status, err := c.post("/carts/"+cart.ID.String()+"/lines", "", map[string]any{"sku": r.Variants[0].SKU, "quantity": 1}, nil); err != nil || status >= 300 {
					return
				}
				co := checkout{key: fmt.Sprintf("stop-test-%d-%d", i, n), cart: cart.ID}
				var sold struct {
					Sale *edge.Sale `json:"sale"`
				}
				status, err := c.post("/staff/sales", co.key, map[string]any{
					"cart": cart.ID, "payments": edge.Payments{{Method: edge.Cash, Amount: price}},
				}, &sold)
				co.answered = status == http.StatusOK || status == http.StatusCreated
				mu.Lock()
				all = append(all, co)
				if co.answered && (err != nil || sold.Sale == nil) {
					t.Errorf("status %d without a sale: %v", status, err)
				}
				if len(all) == 10*clerks {
					enough()
				}
				mu.Unlock()
				if !co.answered {
					return
				}
			}
		})
	}
	tills.Wait()
	select {
	case err := <-stopped:
		require.NoError(t, err)
	case <-time.After(2 * time.Minute):
		require.Fail(t, "it does not stop")
	}
	require.NoError(t, g.close())

	again := runGateway(t, testGateway(t, cfg))
	require.Equal(t, g.db.Series(), again.db.Series(), "it was closed in good order")
	for _, co := range all {
		sale, replayed, err := again.db.RecordSale(t.Context(), co.key, edge.Checkout{
			Cart: co.cart, Staff: "Linh", Payments: edge.Payments{{Method: edge.Cash, Amount: price}},
		})
		require.NoError(t, err)
		require.Equal(t, co.cart, sale.Cart)
		if co.answered {
			require.True(t, replayed, "it was told that this is sold")
		}
	}
	sales, err := again.db.Sales(t.Context(), 10*len(all))
	require.NoError(t, err)
	require.Len(t, sales, len(all))
}
