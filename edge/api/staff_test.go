package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

type sold struct {
	Sale   edge.Sale
	Change int64
}

func TestTill(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) *shop{
		"memory": func(t *testing.T) *shop { return memoryShop(t) },
		"sqlite": func(t *testing.T) *shop { return sqliteShop(t) },
	} {
		t.Run(name, func(t *testing.T) { till(t, open(t)) })
	}
}

// till is a clerk's morning.
func till(t *testing.T, s *shop) {
	s.signIn(t)
	first := s.fill(t, edgetest.Lipstick, 2)
	second := s.fill(t, edgetest.Cream, 1)
	open := decode[struct{ Carts []cart }](t, s.do("GET", "/api/v1/staff/carts", ""), 200)
	require.Len(t, open.Carts, 2)
	require.Equal(t, second.ID, open.Carts[0].ID)

	s.setLine(false)
	body := `{"cart":"` + first.ID + `","payments":[{"method":"cash","amount":398000,"tendered":500000}]}`
	key := header{"Idempotency-Key": "key-00001"}
	a := decode[sold](t, s.do("POST", "/api/v1/staff/sales", body, key), 201)
	require.EqualValues(t, 102000, a.Change)
	require.EqualValues(t, 398000, a.Sale.Total.Amount)
	require.Equal(t, "T1-1-000001", a.Sale.Receipt.String())
	require.Equal(t, "Lan", a.Sale.Staff)
	require.True(t, a.Sale.Offline)
	r := s.do("POST", "/api/v1/staff/sales", body, key)
	require.Equal(t, "true", r.Header.Get("Idempotent-Replay"))
	require.Equal(t, a, decode[sold](t, r, 200))

	closed := decode[cart](t, s.do("GET", "/api/v1/carts/"+first.ID, ""), 200)
	require.Equal(t, "T1-1-000001", closed.Closed.Receipt)
	requireError(t, s.do("POST", "/api/v1/carts/"+first.ID+"/lines", `{"sku":"CAR-01","quantity":1}`), 409, edge.Conflict, "T1-1-000001")

	sell := func(key, body string) *http.Response {
		return s.do("POST", "/api/v1/staff/sales", body, header{"Idempotency-Key": key})
	}
	cash := func(cart string) string {
		return `{"cart":"` + cart + `","payments":[{"method":"cash","amount":320000}]}`
	}
	card := func(ref string) string {
		return fmt.Sprintf(`{"cart":%q,"payments":[{"method":"card","amount":320000,"reference":%q}]}`, second.ID, ref)
	}
	requireError(t, sell("key-00001", cash(second.ID)), 409, edge.Conflict, "idempotency key")
	requireError(t, sell("key-00002", cash(first.ID)), 409, edge.Conflict, "already sold with receipt T1-1-000001")
	requireError(t, sell("-", cash(second.ID)), 400, edge.Invalid, "Idempotency-Key")
	requireError(t, sell("short", cash(second.ID)), 400, edge.Invalid, "8 to 80")
	requireError(t, sell("key-00003", `{"payments":[{"method":"cash","amount":1}]}`), 400, edge.Invalid, "cart is missing")
	requireError(t, sell("key-00003", `{"cart":"x","payments":[{"method":"cash","amount":1}]}`), 400, edge.Invalid, "16")
	requireError(t, sell("key-00003", cash("AAAAAAAAAAAAAAAA")), 404, edge.NotFound, "no cart")
	requireError(t, sell("key-00003", `{"cart":"`+second.ID+`","payments":[{"method":"cash"}]}`), 400, edge.Invalid, "amount is missing")
	requireError(t, sell("key-00003", `{"cart":"`+second.ID+`","payments":[{"method":"cash","amount":1,"price":1}]}`), 400, edge.Invalid, "price")
	requireError(t, sell("key-00003", `{"cart":"`+second.ID+`","payments":[{"method":"cash","amount":319999}]}`), 409, edge.Conflict, "its total is 320.000")
	requireError(t, sell("key-00003", `{"cart":"`+second.ID+`","payments":[{"method":"shells","amount":320000}]}`), 400, edge.Invalid, "shells")
	requireError(t, sell("key-00003", card("")), 400, edge.Invalid, "slip number")
	requireError(t, sell("key-00003", card("4111 1111 1111 1111")), 400, edge.Invalid, "card number")
	empty := decode[cart](t, s.do("POST", "/api/v1/carts", ""), 201)
	requireError(t, sell("key-00003", cash(empty.ID)), 400, edge.Invalid, "empty")

	s.setLine(true)
	b := decode[sold](t, sell("key-00004", card("slip 0042")), 201)
	require.Equal(t, "T1-1-000002", b.Sale.Receipt.String(), "refusals take no number")
	require.False(t, b.Sale.Offline)
	require.Zero(t, b.Change)

	require.NoError(t, s.SetMark(t.Context(), edge.LaneSale, 2))
	type listed struct {
		edge.Sale
		Confirmed bool
	}
	list := decode[struct{ Sales []listed }](t, s.do("GET", "/api/v1/staff/sales?limit=50", ""), 200)
	require.Equal(t, []listed{{b.Sale, false}, {a.Sale, true}}, list.Sales)
	list = decode[struct{ Sales []listed }](t, s.do("GET", "/api/v1/staff/sales?limit=1", ""), 200)
	require.Len(t, list.Sales, 1)
	requireError(t, s.do("GET", "/api/v1/staff/sales?limit=0", ""), 400, edge.Invalid, "1 to 1000")

	st := decode[map[string]any](t, s.do("GET", "/api/v1/status", ""), 200)
	require.Equal(t, map[string]any{"hq": true, "up": true, "since": "2026-11-21T07:00:00Z"}, st["line"])
	require.EqualValues(t, 1, st["waiting"].(map[string]any)["sale"])
	require.EqualValues(t, 1, st["release"])
	require.Equal(t, "test", st["version"])
	require.NotContains(t, s.log.String(), "4111")
	require.NotContains(t, s.log.String(), "Lan")
}

func TestSession(t *testing.T) {
	s := memoryShop(t)
	r := s.do("POST", "/api/v1/staff/session", `{"pin":"`+pin+`"}`)
	require.Equal(t, 200, r.StatusCode)
	cookie := r.Header.Get("Set-Cookie")
	for _, want := range []string{"mc_staff=", "Path=/api/v1/staff", "HttpOnly", "SameSite=Strict"} {
		require.Contains(t, cookie, want)
	}
	s.signIn(t)
	v := decode[struct{ Name, CSRF string }](t, s.do("GET", "/api/v1/staff/session", ""), 200)
	require.Equal(t, s.csrf, v.CSRF)

	for _, bad := range []header{{"X-CSRF": "-"}, {"X-CSRF": "AAAA"}} {
		requireError(t, s.do("DELETE", "/api/v1/staff/session", "", bad), 403, edge.Forbidden, "X-CSRF")
		requireError(t, s.do("POST", "/api/v1/staff/sales", "{}", bad, header{"Idempotency-Key": "key-00001"}), 403, edge.Forbidden, "X-CSRF")
	}
	requireError(t, s.do("DELETE", "/api/v1/staff/session", "", header{"Origin": "http://evil.example"}), 403, edge.Forbidden, "evil")
	require.Equal(t, 204, s.do("DELETE", "/api/v1/staff/session", "").StatusCode)
	requireError(t, s.do("GET", "/api/v1/staff/session", ""), 401, edge.Unauthorized, "PIN")

	t.Run("idle", func(t *testing.T) {
		s.signIn(t)
		for range 3 {
			s.Advance(29 * time.Minute)
			require.Equal(t, 200, s.do("GET", "/api/v1/staff/session", "").StatusCode)
		}
		s.Advance(30 * time.Minute)
		require.Equal(t, 401, s.do("GET", "/api/v1/staff/session", "").StatusCode)
	})
	t.Run("a working day", func(t *testing.T) {
		s.signIn(t)
		for range 23 {
			s.Advance(20 * time.Minute)
			require.Equal(t, 200, s.do("GET", "/api/v1/staff/session", "").StatusCode)
		}
		s.Advance(20 * time.Minute)
		require.Equal(t, 401, s.do("GET", "/api/v1/staff/session", "").StatusCode)
	})
	t.Run("signing in again ends the session before", func(t *testing.T) {
		s.signIn(t)
		old := s.cook
		s.signIn(t)
		s.cook, old = old, s.cook
		require.Equal(t, 401, s.do("GET", "/api/v1/staff/session", "").StatusCode)
		s.cook = old
		require.Equal(t, 200, s.do("GET", "/api/v1/staff/session", "").StatusCode)
	})
}

func TestLockOut(t *testing.T) {
	s := memoryShop(t)
	try := func(pin string) *http.Response { return s.do("POST", "/api/v1/staff/session", `{"pin":"`+pin+`"}`) }
	requireError(t, try("12"), 400, edge.Invalid, "4 to 12")
	requireError(t, try("12ab"), 400, edge.Invalid, "4 to 12")
	for range 2 {
		for range 4 {
			requireError(t, try("0000"), 401, edge.Unauthorized, "not known")
		}
		require.Equal(t, 200, try(pin).StatusCode, "a right PIN clears the count")
	}
	for range 5 {
		requireError(t, try("0000"), 401, edge.Unauthorized, "not known")
	}
	r := try(pin)
	requireError(t, r, 429, edge.TooMany, "60 seconds")
	require.Equal(t, "60", r.Header.Get("Retry-After"))
	s.Advance(59 * time.Second)
	require.Equal(t, 429, try(pin).StatusCode)
	s.Advance(time.Second)
	require.Equal(t, 200, try(pin).StatusCode)
	require.NotContains(t, s.log.String(), pin)
}

// Whoever has a PIN cannot guess a manager's between sign-ins with their own,
// neither at one till nor at ever new ones.
func TestAClerkDoesNotGuessAManagersPIN(t *testing.T) {
	for name, fresh := range map[string]bool{"at one till": false, "at new tills": true} {
		t.Run(name, func(t *testing.T) {
			s := memoryShop(t)
			looked := 0
			for i := range 40 {
				if fresh {
					s.cook = nil
				}
				r := s.do("POST", "/api/v1/staff/session", `{"pin":"`+pin+`"}`)
				if r.StatusCode != 200 {
					require.Equal(t, 429, r.StatusCode)
					continue
				}
				s.cook = r.Cookies()
				for j := range 4 {
					if s.do("POST", "/api/v1/staff/session", fmt.Sprintf(`{"pin":"9%03d"}`, 4*i+j)).StatusCode == 401 {
						looked++
					}
				}
			}
			require.Less(t, looked, 50, "guesses that were looked at, of 160")
		})
	}
}

// A restart neither ends a lock nor forgets the rounds before it.
func TestLockOutOverARestart(t *testing.T) {
	var kept edgetest.Shop
	s := newShop(t, func(now func() time.Time) edgetest.Shop {
		kept = edgetest.NewMemory(now)
		return kept
	})
	try := func(s *shop, pin string) *http.Response {
		return s.do("POST", "/api/v1/staff/session", `{"pin":"`+pin+`"}`)
	}
	for range 5 {
		requireError(t, try(s, "0000"), 401, edge.Unauthorized, "not known")
	}
	again := newShop(t, func(func() time.Time) edgetest.Shop { return kept })
	requireError(t, try(again, pin), 429, edge.TooMany, "60 seconds")
	again.Advance(time.Minute)
	for i := range 5 {
		r := try(again, "0000")
		requireError(t, r, 401, edge.Unauthorized, "not known")
		require.Equal(t, map[bool]string{true: "120"}[i == 4], r.Header.Get("Retry-After"), "whoever is locked out hears it at once")
	}
}

// Guesses made at the same time do not slip past the limit.
func TestLockOutAtOnce(t *testing.T) {
	s := memoryShop(t)
	var mu sync.Mutex
	got := map[int]int{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			r := s.do("POST", "/api/v1/staff/session", `{"pin":"0000"}`)
			mu.Lock()
			defer mu.Unlock()
			got[r.StatusCode]++
		})
	}
	wg.Wait()
	require.Equal(t, map[int]int{401: 5, 429: 15}, got)
}

// Guesses made elsewhere leave a till at work, over a restart too.
func TestATillIsNotLockedByOthers(t *testing.T) {
	keyed := func(c *api.Config) { c.TillKey = []byte("a key that stays over a restart.") }
	s := memoryShop(t, keyed)
	signIn := func(s *shop, pin string, cookies ...*http.Cookie) *http.Response {
		s.cook = cookies
		return s.do("POST", "/api/v1/staff/session", `{"pin":"`+pin+`"}`)
	}
	first := signIn(s, pin)
	require.Equal(t, 200, first.StatusCode)
	all := first.Cookies()
	require.Len(t, all, 2)
	till := all[1]
	require.Equal(t, "mc_till", till.Name)
	require.True(t, till.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, till.SameSite)
	for range 5 {
		require.Equal(t, 401, signIn(s, "0000").StatusCode)
	}
	require.Equal(t, 429, signIn(s, pin).StatusCode, "another browser at the same address")
	again := signIn(s, pin, till)
	require.Equal(t, 200, again.StatusCode)
	require.Equal(t, till.Value, again.Cookies()[1].Value, "the same till")
	for i := range till.Value {
		forged := []byte(till.Value)
		forged[i] = "AB"[i%2]
		if string(forged) != till.Value {
			require.Equal(t, 429, signIn(s, pin, &http.Cookie{Name: "mc_till", Value: string(forged)}).StatusCode)
		}
	}
	for _, other := range []string{"", "x", till.Value[:40], till.Value + "AAAA"} {
		require.Equal(t, 429, signIn(s, pin, &http.Cookie{Name: "mc_till", Value: other}).StatusCode)
	}
	restarted := memoryShop(t, keyed)
	for range 5 {
		require.Equal(t, 401, signIn(restarted, "0000").StatusCode)
	}
	require.Equal(t, 200, signIn(restarted, pin, till).StatusCode)
	require.Equal(t, 429, signIn(restarted, pin).StatusCode)
	stranger := memoryShop(t)
	for range 5 {
		require.Equal(t, 401, signIn(stranger, "0000", till).StatusCode)
	}
	require.Equal(t, 429, signIn(stranger, pin, till).StatusCode, "another gateway's till")

	s.Advance(90 * 24 * time.Hour)
	for range 5 {
		require.Equal(t, 401, signIn(s, "0000").StatusCode)
	}
	require.Equal(t, 429, signIn(s, pin, till).StatusCode, "nobody has signed in there for very long")
}

func TestHashPIN(t *testing.T) {
	a, err := api.HashPIN("123456")
	require.NoError(t, err)
	b, err := api.HashPIN("123456")
	require.NoError(t, err)
	require.NotEqual(t, a, b, "salted")
	require.True(t, strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$"), a)
	for _, bad := range []string{"", "123", "1234567890123", "12 34", "１２３４"} {
		_, err := api.HashPIN(bad)
		require.ErrorContains(t, err, "4 to 12 digits", bad)
	}
}

func TestRateLimit(t *testing.T) {
	s := memoryShop(t)
	status := map[int]int{}
	for range 210 {
		status[s.do("POST", "/api/v1/carts", "").StatusCode]++
	}
	require.Equal(t, map[int]int{201: 200, 429: 10}, status)
	s.Advance(time.Second)
	require.Equal(t, 201, s.do("POST", "/api/v1/carts", "").StatusCode)
	for range 500 {
		require.Equal(t, 200, s.do("GET", "/api/v1/status", "").StatusCode)
	}
}
