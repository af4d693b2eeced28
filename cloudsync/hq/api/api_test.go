package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestNewWantsAll(t *testing.T) {
	_, err := New(Options{})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}

func TestPagesTileTheList(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1").Day(time.Now())
	hqtest.NewGateway(t, h, "saigon-gw-1", "saigon-1").Day(time.Now())
	all := func(target, rows string, limit int) (cursors []string) {
		for after := ""; ; {
			var p map[string]json.RawMessage
			a.json(fmt.Sprintf("%s?limit=%d&after=%s", target, limit, after), &p)
			var list []struct{ Cursor string }
			require.NoError(t, json.Unmarshal(p[rows], &list))
			require.LessOrEqual(t, len(list), limit)
			for _, r := range list {
				cursors = append(cursors, r.Cursor)
			}
			require.NoError(t, json.Unmarshal(p["next"], &after))
			if string(p["more"]) == "false" {
				return cursors
			}
		}
	}
	for target, want := range map[string]struct {
		rows string
		n    int
	}{
		"/v1/events": {"events", 10}, "/v1/sales": {"sales", 8}, "/v1/z-reports": {"z_reports", 2}, "/v1/stock": {"stock", 2}, "/v1/shops": {"shops", 2},
	} {
		whole := all(target, want.rows, 1000)
		require.Len(t, whole, want.n, target)
		for _, limit := range []int{1, 3} {
			require.Equal(t, whole, all(target, want.rows, limit), target)
		}
		var p struct{ Next string }
		a.json(target+"?limit=1&after="+whole[0], &p)
		require.Equal(t, whole[1], p.Next, "a row's cursor is the place behind it")
	}
	sales := all("/v1/sales", "sales", 10)
	for _, bad := range []string{sales[0], "%00", "c2FsZXM6LTE", strings.Repeat("A", 600), "ZXZlbnRzOng"} {
		resp, _ := a.get("/v1/events?after=" + bad)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, "%s is no cursor of events", bad)
	}
	var p struct{ Sales []Receipt }
	a.json("/v1/sales?shop=hanoi-1&type=void,refund", &p)
	require.Len(t, p.Sales, 2)
	for _, s := range p.Sales {
		require.Equal(t, "hanoi-gw-1", s.Node)
		require.Negative(t, s.Amount.Amount)
	}
}

func TestWhoMayAsk(t *testing.T) {
	h := hqtest.Open(t)
	hqtest.NewGateway(t, h, "gw-1", "hanoi-1")
	a := newApp(t, h)
	clock := time.Now()
	a.now = func() time.Time { return clock }
	status := func(method, target, authorization string) *http.Response {
		t.Helper()
		resp := a.request(method, target, "", `{"kind":"snapshot"}`, "Authorization", authorization, "Origin", "https://evil.example")
		require.NoError(t, resp.Body.Close())
		for name := range resp.Header {
			require.NotContains(t, name, "Access-Control", "no other origin may read this")
		}
		return resp
	}
	for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer " + readerToken + "x", "Bearer " + readerToken[:10], "Basic " + readerToken, readerToken} {
		resp := status(http.MethodGet, "/v1/shops", authorization)
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode, authorization)
		require.Contains(t, resp.Header.Get("WWW-Authenticate"), "Bearer")
	}
	const pulls = "/v1/shops/hanoi-1/pulls"
	require.Equal(t, http.StatusOK, status(http.MethodGet, "/v1/shops", "Bearer "+readerToken).StatusCode)
	require.Equal(t, http.StatusOK, status(http.MethodGet, "/v1/shops", "bearer "+operatorToken).StatusCode)
	require.Equal(t, http.StatusForbidden, status(http.MethodPost, pulls, "Bearer "+readerToken).StatusCode)
	require.Equal(t, http.StatusAccepted, status(http.MethodPost, pulls, "Bearer "+operatorToken).StatusCode)
	require.Equal(t, http.StatusNotFound, status(http.MethodOptions, "/v1/shops", "").StatusCode)

	for range burst {
		status(http.MethodGet, "/v1/pulls/x", "Bearer "+readerToken)
	}
	resp := status(http.MethodGet, "/v1/shops", "Bearer "+readerToken)
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	require.NotEmpty(t, resp.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, status(http.MethodGet, "/v1/shops", "Bearer "+operatorToken).StatusCode, "another token has its own")
	clock = clock.Add(time.Second)
	require.Equal(t, http.StatusOK, status(http.MethodGet, "/v1/shops", "Bearer "+readerToken).StatusCode)

	for range wrongBurst {
		resp = status(http.MethodGet, "/v1/shops", "Bearer wrong")
	}
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	require.Equal(t, http.StatusOK, status(http.MethodGet, "/v1/shops", "Bearer "+readerToken).StatusCode, "a wrong token locks nobody out")

	none := newApp(t, h, func(o *Options) { o.Tokens = nil })
	require.Equal(t, http.StatusUnauthorized, none.request(http.MethodGet, "/v1/shops", "", "").StatusCode)
	require.Equal(t, http.StatusOK, none.request(http.MethodGet, "/openapi.json", "", "").StatusCode)
}

func TestFaultsInside(t *testing.T) {
	h := hqtest.Open(t)
	require.NoError(t, h.Close())
	var log strings.Builder
	a := newApp(t, h, func(o *Options) { o.Log, o.Chats = slog.New(slog.NewTextHandler(&log, nil)), brokenChats{} })
	for _, r := range a.api.routes() {
		if r.right == account.Anyone {
			continue
		}
		sent := `{"kind":"snapshot"}`
		if strings.HasSuffix(r.path, "/reply") {
			sent = `{"text":"x"}`
		}
		if strings.HasSuffix(r.path, "/state") {
			sent = `{"state":"accepted"}`
		}
		if strings.HasSuffix(r.path, "/parcel") {
			sent = `{"carrier":"GHN"}`
		}
		if strings.HasSuffix(r.path, "/settle") {
			sent = `{"how":"dismiss","note":"x"}`
		}
		if strings.HasPrefix(r.path, "/v1/persons/") {
			sent = `{"phone":"0901234567"}`
		}
		if strings.HasSuffix(r.path, "/given-back") {
			sent = `{"reference":"x"}`
		}
		if strings.HasSuffix(r.path, "/staff/:name") {
			sent = `{"role":"clerk","active":true,"pin":"1357"}`
		}
		if strings.HasSuffix(r.path, "/undo") {
			sent = `{}`
		}
		resp := a.request(r.method, strings.NewReplacer(":shop", "x", ":id", "x", ":name", "x").Replace(r.path), adminToken, sent, "Idempotency-Key", "key-0001")
		var body struct {
			Error struct{ Kind, Message string }
		}
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusInternalServerError, resp.StatusCode, r.path)
		require.Equal(t, string(edge.Internal), body.Error.Kind)
		require.NotContains(t, body.Error.Message, "sql", "what went wrong inside is not shown")
	}
	require.Contains(t, log.String(), "closed")
}

// reader reads a feed.
type reader struct {
	t    *testing.T
	r    *bufio.Reader
	stop func()
}

func (a *app) listen(target string, header ...string) *reader {
	a.t.Helper()
	ctx, cancel := context.WithCancel(a.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+target, nil)
	require.NoError(a.t, err)
	req.Header.Set("Authorization", "Bearer "+readerToken)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	require.Equal(a.t, http.StatusOK, resp.StatusCode)
	require.Equal(a.t, "text/event-stream", resp.Header.Get("Content-Type"))
	stop := func() { cancel(); resp.Body.Close() }
	a.t.Cleanup(stop)
	return &reader{a.t, bufio.NewReader(resp.Body), stop}
}

// message is the next message: its fields, "" for a comment's.
func (r *reader) message() map[string]string {
	m := map[string]string{}
	for {
		line, err := r.r.ReadString('\n')
		require.NoError(r.t, err)
		if line == "\n" {
			return m
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		m[name] = value
	}
}

// event is the next event.
func (r *reader) event() (id string, e Event) {
	r.t.Helper()
	for {
		m := r.message()
		if m["event"] == "" {
			continue
		}
		require.Equal(r.t, "ledger", m["event"])
		require.NoError(r.t, json.Unmarshal([]byte(m["data"]), &e))
		require.Equal(r.t, e.Cursor, m["id"])
		return m["id"], e
	}
}

func TestFeedGoesOnWhereItsReaderWas(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h, func(o *Options) { o.Heartbeat = 50 * time.Millisecond })
	g := hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1")
	other := hqtest.NewGateway(t, h, "saigon-gw-1", "saigon-1")
	old := g.Sell(time.Now(), 1000)

	fresh := a.listen("/v1/feed")
	require.NotEmpty(t, fresh.message()["id"], "where it begins, at once")
	sold := g.Sell(time.Now(), 2000)
	id, e := fresh.event()
	require.Contains(t, string(e.Data), sold.ID)
	fresh.stop()

	missed := []edge.Sale{g.Sell(time.Now(), 3000), other.Sell(time.Now(), 4000), g.Sell(time.Now(), 5000)}
	again := a.listen("/v1/feed?after="+positionCursor("events", 0), "Last-Event-ID", id)
	for _, want := range missed {
		_, e = again.event()
		require.Contains(t, string(e.Data), want.ID, "nothing is missing, nothing comes twice")
	}
	all := a.listen("/v1/feed?shop=hanoi-1&type=" + edge.EventSale + "," + edge.EventVoid + "&after=" + positionCursor("events", 0))
	for _, want := range []edge.Sale{old, sold, missed[0], missed[2]} {
		_, e = all.event()
		require.Contains(t, string(e.Data), want.ID)
	}
	alive := all.message()
	require.True(t, alive[""] != "" || alive["id"] != "", "a sign of life: %v", alive)

	// Events that its filter leaves out move its cursor all the same.
	quiet := a.listen("/v1/feed?shop=nowhere&after=" + positionCursor("events", 0))
	require.Equal(t, positionCursor("events", 0), quiet.message()["id"])
	for quiet.message()["id"] != positionCursor("events", 5) { // ends with the test's time at the latest
	}
	resp, _ := a.get("/v1/feed?after=x")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

// What no database takes as a text, and what would mean something in SQL, finds
// nothing and breaks nothing.
func TestWhatIsAskedIsTextAlone(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	var asked atomic.Int64
	a.now = func() time.Time { return time.Unix(asked.Add(1), 0) } // not too many at once
	hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1").Day(time.Now())
	noText := []string{"%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80"}
	for _, bad := range noText {
		for _, target := range []string{
			"/v1/events?shop=", "/v1/sales?node=", "/v1/events?type=", "/v1/stock?shop=", "/v1/shops?shop=", "/v1/discrepancies?node=", "/v1/price-differences?shop=",
			"/v1/sales/export?shop=", "/v1/feed?shop=", "/v1/stock?after=", "/v1/pulls/",
		} {
			resp, body := a.get(target + bad)
			require.Equal(t, http.StatusBadRequest, resp.StatusCode, "%s%s: %s", target, bad, body)
		}
		resp := a.request(http.MethodPost, "/v1/shops/"+bad+"/pulls", operatorToken, `{"kind":"snapshot"}`)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, bad)
		require.NoError(t, resp.Body.Close())
	}
	for _, place := range []string{"a\x00b\x00c", "\xff", "\xff\x00a"} {
		resp, _ := a.get("/v1/stock?after=" + cursor("stock", place))
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, "%q", place)
	}
	resp := a.request(http.MethodPost, "/v1/shops/hanoi-1/pulls", operatorToken, `{"kind":"snapshot","node":"\u0000"}`)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
	for _, sql := range []string{"%25", "_", "hanoi%25", "hanoi-_", "x' or '1'='1", "hanoi-1'--", `hanoi-1";drop table receipt;--`, "*", "$1", "?"} {
		for target, rows := range map[string]string{"/v1/events": "events", "/v1/sales": "sales", "/v1/stock": "stock", "/v1/shops": "shops"} {
			var p map[string]json.RawMessage
			a.json(target+"?shop="+strings.NewReplacer(" ", "%20", "'", "%27", ";", "%3B", "\"", "%22").Replace(sql), &p)
			require.Equal(t, "[]", string(p[rows]), "%s of %s", target, sql)
		}
	}
	for _, limit := range []string{"-1", "0", "1001", "1000000000", "1e3", "", "0x10", "9999999999999999999999"} {
		resp, body := a.get("/v1/events?limit=" + limit)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, limit)
		require.Contains(t, body, "want a number from 1 to 1000")
	}
}

// One token cannot take all the places.
func TestStreamsOfOneToken(t *testing.T) {
	a := newApp(t, hqtest.Open(t))
	var all []*reader
	for range maxOfOneName {
		all = append(all, a.listen("/v1/feed"))
	}
	resp, body := a.get("/v1/feed")
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	require.Contains(t, body, "with this token")
	other := a.request(http.MethodGet, "/v1/events/export", operatorToken, "")
	require.Equal(t, http.StatusOK, other.StatusCode, "another's has places")
	require.NoError(t, other.Body.Close())
	all[0].stop()
	require.Eventually(t, func() bool {
		resp, _ := a.get("/v1/events/export")
		return resp.StatusCode == http.StatusOK
	}, 2*time.Minute, 10*time.Millisecond)
}

func TestFeedsAreBounded(t *testing.T) {
	a := newApp(t, hqtest.Open(t))
	for range maxStreams {
		a.api.streams <- struct{}{}
	}
	for _, target := range []string{"/v1/feed", "/v1/events/export"} {
		resp, body := a.get(target)
		require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
		require.Contains(t, body, "close some")
	}
}
