package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestShopPage(t *testing.T) {
	a := newApp(t)
	g := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	open(g, noon)
	g.Sell(noon.Add(-time.Hour), 150000)
	expected := int64(420000)
	g.Event(noon, edge.EventCash, edge.CashRecord{
		ID: "c1", Till: "T1", Shift: 1, Kind: edge.CashClose, Amount: edge.Money{Amount: 400000, Currency: "VND"}, Expected: &expected,
		Reason: "wrong change", Staff: "Lan", At: noon,
	})
	g.Event(noon, edge.EventStock, edge.StockMove{SKU: "GLS-1", Delta: 5, Reason: edge.StockGoodsIn, Ref: "r", At: noon})
	a.connect = func(s *hq.Shop) { s.Up, s.Since = true, noon.Add(-time.Hour) }
	a.sample = func(string) *cloudsync.Sample {
		return &cloudsync.Sample{At: noon, Version: "1.2.3", Uptime: 7200, DiskFree: 60e9, DiskTotal: 100e9}
	}
	page := a.page("/shops/hanoi-1?lang=en")
	for _, want := range []string{
		"Line up since 11:00:00", "Disk 60 % free (60.0 GB)", "Clock right", "Version 1.2.3", "Running for 2 h",
		"<b>₫150,000</b> 1 sale<", "Articles: 2, pieces: 3", "None left or below zero: 1", "<code>LIP-VEL-01</code>",
		"<td>Lan<td>₫400,000<td>₫420,000<td class=\"warn\">-₫20,000<td>wrong change",
		"Nothing needs a person in this shop", "Nothing has been pulled yet", `action="/shops/hanoi-1/pulls?lang=en"`, `max="2026-11-21"`,
	} {
		require.True(t, strings.Contains(page, want), want)
	}
	resp, _ := a.get("/shops/nowhere")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	require.Empty(t, a.log.String())
}

func TestAPullIsAskedForOnThePage(t *testing.T) {
	a := newApp(t)
	g := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	open(g, noon.Add(-48*time.Hour))
	g.Sell(noon.Add(-24*time.Hour), 150000)
	for range 2 { // a nervous finger asks once
		require.Equal(t, "/shops/hanoi-1?lang=en#pulls", a.post("/shops/hanoi-1/pulls?lang=en", url.Values{"kind": {"digest"}}))
		a.post("/shops/hanoi-1/pulls", url.Values{"kind": {"range"}, "from": {"2026-11-20"}, "to": {"2026-11-20"}})
	}
	pulls, err := a.HQ.Pulls(t.Context(), "hanoi-1", 10)
	require.NoError(t, err)
	require.Len(t, pulls, 2)
	for _, p := range pulls {
		if p.Kind == hq.PullRange {
			require.True(t, p.FromTime.Equal(time.Date(2026, 11, 20, 0, 0, 0, 0, ict)))
			require.True(t, p.ToTime.Equal(time.Date(2026, 11, 21, 0, 0, 0, 0, ict).Add(-time.Millisecond)))
		}
	}
	page := a.page("/shops/hanoi-1?lang=en")
	require.Contains(t, page, "<b>Compare everything</b> <small>12:00:00</small>")
	require.Contains(t, page, "<b>From 20/11/2026 to 20/11/2026</b>")
	require.Equal(t, 2, strings.Count(page, "Waits for the shop; it is asked as soon as it is there, within a day."))
	require.Equal(t, 2, strings.Count(page, "<progress"))

	for _, tt := range []struct {
		pull hq.Pull
		want string
	}{
		{hq.Pull{Phase: hq.PullComparing, Done: 1000, Total: 3500}, "The shop compares: 1,000 of 3,500"},
		{hq.Pull{Phase: hq.PullComparing}, "The shop compares<"},
		{hq.Pull{Phase: hq.PullSending, Done: 500, Total: 3000}, `max="3000" value="500"></progress>`},
		{hq.Pull{Phase: hq.PullDone, Over: true}, "Done: shop and HQ hold the same."},
		{hq.Pull{Phase: hq.PullDone, Over: true, Differing: 3, Done: 2450, Total: 2450}, "Done: 3 blocks of 1,000 events differed; 2,450 events came again."},
		{hq.Pull{Phase: hq.PullFailed, Over: true, Message: "good-1: digest refused: <b>no</b>"}, "It did not work: good-1: digest refused: &lt;b&gt;no&lt;/b&gt;"},
	} {
		a.pulling = func(p *hq.Pull) {
			p.Phase, p.Done, p.Total, p.Differing, p.Over, p.Message = tt.pull.Phase, tt.pull.Done, tt.pull.Total, tt.pull.Differing, tt.pull.Over, tt.pull.Message
		}
		require.Contains(t, a.page("/shops/hanoi-1?lang=en"), tt.want)
	}
	a.pulling = func(*hq.Pull) {}

	for _, form := range []url.Values{
		{},
		{"kind": {"everything"}},
		{"kind": {"range"}},
		{"kind": {"range"}, "from": {"21.11.2026"}},
		{"kind": {"range"}, "from": {"2026-11-20"}, "to": {"2026-11-19"}},
		{"kind": {"range"}, "from": {strings.Repeat("x", maxForm)}},
	} {
		resp, body := a.do(http.MethodPost, "/shops/hanoi-1/pulls", form.Encode())
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, body)
	}
	resp, _ := a.do(http.MethodPost, "/shops/nowhere/pulls", "kind=digest")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
}

func TestMattersAreShownAndSettled(t *testing.T) {
	a := newApp(t)
	require.Contains(t, a.page("/incidents?lang=en"), "Nothing needs a person now")
	g := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	open(g, noon)
	g.Event(noon, "<script>alert(1)</script>", map[string]string{"evil": "</pre><script>alert(2)</script>", "wörd": "\x1b[31m"})
	require.NoError(t, a.HQ.Settle(t.Context(), hq.MatterEvent, 1, "Lan", "looked at"))
	g.Day(noon)
	g.Event(noon, "sale.from.the.future", map[string]int{"n": 1})
	for lang, want := range map[string][]string{
		"vi": {"1 việc cần người xem", "Sự kiện không dùng được", "Lan, 12:00:00: looked at"},
		"en": {"1 matter needs a person", "An event that could not be used", "hq rebuild", "Events set aside", "sale.from.the.future"},
		"zh": {"1 项需要人工处理", "无法使用的事件"},
	} {
		page := a.page("/incidents?lang=" + lang)
		for _, w := range append(want, "<mark>1</mark>", "unknown to this version", "hanoi-1") {
			require.Contains(t, page, w)
		}
		require.NotContains(t, page, "<script>alert")
		require.Less(t, strings.Index(page, "event-2"), strings.Index(page, "event-1"), "what waits comes first")
	}
	require.Contains(t, a.page("/shops/hanoi-1?lang=en"), "sale.from.the.future")

	page := a.page("/incidents/event/1?lang=en")
	require.NotContains(t, page, "<script>alert")
	require.Contains(t, page, "&lt;script&gt;alert(1)")
	require.Contains(t, page, "wörd")
	require.NotContains(t, page, "\x1b")
	resp, _ := a.get("/incidents/event/99")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)

	form := url.Values{"by": {"Mai"}, "note": {"<i>updated</i>"}, "to": {"/shops/hanoi-1?lang=en"}}
	require.Equal(t, "/shops/hanoi-1?lang=en", a.post("/incidents/event/2", form))
	page = a.page("/incidents?lang=en")
	require.Contains(t, page, "Nothing needs a person now")
	require.Contains(t, page, "Mai, 12:00:00: &lt;i&gt;updated&lt;/i&gt;")
	for target, want := range map[string]int{
		"/incidents/event/2": http.StatusConflict, "/incidents/event/99": http.StatusNotFound, "/incidents/sale/1": http.StatusNotFound, "/incidents/event/x": http.StatusNotFound,
	} {
		resp, _ := a.do(http.MethodPost, target, form.Encode())
		require.Equal(t, want, resp.StatusCode, target)
	}
	form.Set("to", "//evil.example/")
	g.Event(noon, "another", struct{}{})
	require.Equal(t, "/", a.post("/incidents/event/3", form), "never to somewhere else")
	require.Zero(t, func() int64 { n, err := a.HQ.WaitingMatters(t.Context()); require.NoError(t, err); return n }())
	_, body := a.do(http.MethodPost, fmt.Sprintf("/incidents/%s/%d", "event", 1), url.Values{"by": {"x"}}.Encode())
	require.Contains(t, body, "want a name")
}
