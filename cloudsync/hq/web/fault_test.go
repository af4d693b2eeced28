package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
)

// What cannot be shown is explained in the reader's language, and shows nothing but
// the way back to whoever is not signed in.
func TestFaultsAreExplained(t *testing.T) {
	a := newApp(t)
	hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	seen := map[string]bool{}
	for status, word := range map[int]string{
		400: "fault_entered", 403: "fault_forbidden", 404: "fault_nowhere", 405: "fault_form", 409: "fault_changed", 413: "fault_entered", 429: "fault_busy", 500: "fault_inside", 503: "fault_inside",
	} {
		for lang, accept := range map[string]string{"vi": "vi-VN", "en": "en-GB,en", "zh": "zh-CN"} {
			w := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(w)
			c.Request = httptest.NewRequest(http.MethodGet, "/nowhere/<b>", http.NoBody)
			c.Request.Header.Set("Accept-Language", accept)
			a.pages.Explain(c, status)
			require.Equal(t, status, w.Code)
			body := w.Body.String()
			require.Contains(t, body, words{lang, a.pages.glossary}.T(word))
			require.Contains(t, body, `<a class="button" href="/?lang=`+lang+`"`)
			for _, no := range []string{"/accounts", "<b>\"", "id=\"live\"", "<script"} {
				require.NotContains(t, body, no)
			}
			seen[word] = true
		}
	}
	require.Len(t, seen, 7)
	resp, body := a.get("/shops/nowhere?lang=vi")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	require.Contains(t, body, a.pages.glossary["fault_nowhere"][0])
	require.Contains(t, body, `<p class="exact">`, "as the program says it")
	require.Contains(t, body, `<nav class="areas"`)
}

// Why an event was set aside stands there in the reader's language, and what the
// programs say of it beneath.
func TestWhyAnEventWasSetAside(t *testing.T) {
	a := newApp(t)
	g := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	g.Event(noon, "unknown.kind", struct{}{})
	require.NoError(t, a.HQ.Project(t.Context()))
	for lang, says := range map[string]string{"vi": "chưa biết loại sự kiện này", "en": "does not know this type of event", "zh": "不认识此类事件"} {
		body := a.page("/incidents?lang=" + lang)
		require.Contains(t, body, says)
		require.Contains(t, body, `<p class="exact">event type &#34;unknown.kind&#34; is unknown to this version`)
	}
}

// The way through the pages is there twice: in a row, and as a phone's menu with all
// numbers in one.
func TestAreas(t *testing.T) {
	a := newApp(t)
	g := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	g.Event(noon, "unknown.kind", struct{}{})
	body := a.page("/incidents?lang=en")
	for _, want := range []string{
		`<span id="waiting" data-live> <mark>1</mark></span>`, `<span id="waiting-menu" data-live> <mark>1</mark></span>`, `<span id="all-waits" data-live> <mark>1</mark></span>`,
		`<a href="/incidents?lang=en" aria-current="page">`, `<details class="menu"><summary>Menu`, `<a href="/accounts?lang=en">`,
	} {
		require.Contains(t, body, want)
	}
	require.Contains(t, a.page("/incidents?lang=en&part=1"), `id="waiting-menu"`)
	cookie := a.person("lan", account.Viewer)
	_, body = a.get("/", "Cookie", cookie)
	for _, no := range []string{`href="/accounts?`, `href="/persons?`, `href="/chats?`} {
		require.NotContains(t, body, no)
	}
	_, body = a.get("/")
	require.NotContains(t, body, `<nav class="areas"`, "who has not signed in goes nowhere")
}
