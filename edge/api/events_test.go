package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

type event struct{ name, data string }

// listen opens an event stream on a real connection.
func listen(t *testing.T, url string, cookies ...*http.Cookie) <-chan event {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	events := make(chan event, 100)
	go func() {
		defer close(events)
		defer res.Body.Close()
		var e event
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				events <- e
			}
		}
	}()
	return events
}

// next waits for the next event called name.
func next(t *testing.T, events <-chan event, name string) string {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		select {
		case e, ok := <-events:
			require.True(t, ok, "the stream ended before %q came", name)
			if e.name == name {
				return e.data
			}
		case <-limit:
			require.FailNow(t, "no event "+name)
		}
	}
}

func parse(t *testing.T, data string) (c cart) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(data), &c))
	return c
}

func TestEvents(t *testing.T) {
	s := memoryShop(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.server.Run(ctx) }()
	srv := httptest.NewUnstartedServer(s.engine)
	srv.Config.ReadTimeout = 300 * time.Millisecond // bounds requests, not streams
	srv.Start()
	t.Cleanup(srv.Close) // after the test's context, and so its streams, have ended
	c, other := s.fill(t, edgetest.Cream, 1), s.fill(t, edgetest.Lipstick, 1)

	one := listen(t, srv.URL+"/api/v1/events?cart="+c.ID)
	s.signIn(t)
	all := listen(t, srv.URL+"/api/v1/staff/events", s.cook...)
	require.Equal(t, c, parse(t, next(t, one, "cart")), "how it stands comes first")
	require.Contains(t, next(t, one, "status"), `"up":true`)
	next(t, all, "status")

	// From this side.
	s.do("PUT", "/api/v1/carts/"+other.ID+"/lines/"+other.Lines[0].ID, `{"quantity":7}`)
	require.Equal(t, other.ID, parse(t, next(t, all, "cart")).ID)
	s.do("PUT", "/api/v1/carts/"+c.ID+"/lines/"+c.Lines[0].ID, `{"quantity":3}`)
	require.Equal(t, 3, parse(t, next(t, one, "cart")).Count, "other carts are not for this listener")
	require.Equal(t, c.ID, parse(t, next(t, all, "cart")).ID)

	// From the phone's side.
	var id edge.CartID
	require.NoError(t, id.UnmarshalText([]byte(c.ID)))
	phone, err := s.Cart(t.Context(), id)
	require.NoError(t, err)
	at := time.Date(2026, 11, 21, 8, 1, 0, 0, time.UTC)
	phone.Opened = &at
	require.NoError(t, phone.SetQuantity("phone1", phone.Lines[0].ID, 5))
	_, err = s.MergeCart(t.Context(), phone)
	require.NoError(t, err)
	s.server.CartChanged(id)
	said := next(t, one, "cart")
	require.Equal(t, 5, parse(t, said).Count)
	require.Contains(t, said, `"opened":"2026-11-21T08:01:00Z"`)

	// A sale closes it, and the line's fall is told.
	s.do("POST", "/api/v1/staff/sales", `{"cart":"`+c.ID+`","payments":[{"method":"cash","amount":1600000}]}`, header{"Idempotency-Key": "key-00001"})
	require.NotNil(t, parse(t, next(t, one, "cart")).Closed)
	s.setLine(false)
	for strings.Contains(next(t, one, "status"), `"up":true`) {
	}
	s.setLine(true) // told by Run's next look, when the time to read is long over
	for strings.Contains(next(t, one, "status"), `"up":false`) {
	}
	s.setFaults(api.Fault{Part: "https", Kiosk: "main", Message: "free the port"})
	for !strings.Contains(next(t, one, "status"), `"faults":[{"part":"https","kiosk":"main","message":"free the port"}]`) {
	}
	s.setFaults()
	for !strings.Contains(next(t, one, "status"), `"faults":[]`) {
	}

	stop()
	require.NoError(t, <-done)
	for range one { // ends
	}
	requireError(t, s.do("GET", "/api/v1/events", ""), 503, edge.Unavailable, "stopping")
}

// Who names no cart and is no staff hears of no cart.
func TestEventsWithoutCart(t *testing.T) {
	s := memoryShop(t)
	srv := httptest.NewServer(s.engine)
	t.Cleanup(srv.Close)
	c := s.fill(t, edgetest.Cream, 1)
	go func() { _ = s.server.Run(t.Context()) }()
	s.signIn(t)
	anybody := listen(t, srv.URL+"/api/v1/events")
	staff := listen(t, srv.URL+"/api/v1/staff/events", s.cook...)
	next(t, anybody, "status")
	next(t, staff, "status")
	s.do("PUT", "/api/v1/carts/"+c.ID+"/lines/"+c.Lines[0].ID, `{"quantity":3}`)
	require.Equal(t, 3, parse(t, next(t, staff, "cart")).Count)

	s.setLine(false) // told after the cart
	for {
		select {
		case e, ok := <-anybody:
			require.True(t, ok)
			require.Equal(t, "status", e.name, e.data)
			if strings.Contains(e.data, `"up":false`) {
				return
			}
		case <-time.After(2 * time.Minute):
			require.FailNow(t, "the line's fall is not told")
		}
	}
}

// A stream of staff's ends with the session, not with the next sign-in.
func TestStaffEventsEndWithTheSession(t *testing.T) {
	for name, end := range map[string]func(s *shop){
		"signed off": func(s *shop) { s.do("DELETE", "/api/v1/staff/session", "") },
		"idle":       func(s *shop) { s.Advance(30 * time.Minute) },
		"taken out by headquarters": func(s *shop) {
			require.NoError(t, s.Apply(t.Context(), 2, edge.Delivery{Staff: &edge.Directory{}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var dir directory
			s := memoryShop(t, func(c *api.Config) { c.Staff, c.Directory = nil, &dir })
			dir.Office = s.Shop
			hash, err := pinHash()
			require.NoError(t, err)
			lan := edge.Member{Name: "Lan", Role: edge.RoleManager, PIN: hash, Active: true}
			require.NoError(t, s.Apply(t.Context(), 1, edge.Delivery{Staff: &edge.Directory{Members: []edge.Member{lan}}}))
			srv := httptest.NewServer(s.engine)
			t.Cleanup(srv.Close)
			c := s.fill(t, edgetest.Cream, 1)
			s.signIn(t)
			staff := listen(t, srv.URL+"/api/v1/staff/events", s.cook...)
			next(t, staff, "status")
			end(s)
			s.do("PUT", "/api/v1/carts/"+c.ID+"/lines/"+c.Lines[0].ID, `{"quantity":3}`)
			for e := range staff {
				require.Equal(t, "status", e.name, e.data)
			}
		})
	}
}

func TestListenersAreBounded(t *testing.T) {
	s := memoryShop(t)
	srv := httptest.NewServer(s.engine)
	t.Cleanup(srv.Close) // after the test's context, and so its streams, have ended
	for range 64 {
		next(t, listen(t, srv.URL+"/api/v1/events"), "status")
	}
	requireError(t, s.do("GET", "/api/v1/events", ""), 429, edge.TooMany, "listen already")
}
