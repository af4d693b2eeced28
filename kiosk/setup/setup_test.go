package setup_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/kiosk/enrol"
	"github.com/mirrorcart/mirrorcart/kiosk/setup"
)

// machine is one whose parts all do what they should.
type machine struct {
	settings  map[string]setup.Settings
	claimed   bool
	confirmed bool
	findings  []setup.Finding
	signed    []*setup.Report
}

func (m *machine) Node() (string, bool) { return "gw-1", m.claimed }

func (m *machine) Claim(_ context.Context, code string) error {
	if code != "GOOD" {
		return edge.Errorf("claim", edge.Forbidden, "wrong code")
	}
	m.claimed = true
	return nil
}

func (m *machine) Check(context.Context) ([]setup.Finding, error) { return m.findings, nil }
func (m *machine) Settings(kiosk string) setup.Settings           { return m.settings[kiosk] }
func (m *machine) Choices(string) setup.Choices                   { return setup.Choices{} }
func (m *machine) Test(context.Context, string) error             { return nil }

func (m *machine) Change(kiosk string, s setup.Settings) error {
	m.settings[kiosk] = s
	return nil
}

func (m *machine) Sell(context.Context, string) (*setup.TestSale, error) {
	return &setup.TestSale{Sale: edge.Receipt{Till: "T1", Series: 1, Counter: 1}, Void: edge.Receipt{Till: "T1", Series: 1, Counter: 2}, Seq: 2}, nil
}

func (m *machine) Confirmed(context.Context, *setup.TestSale) (bool, error) { return m.confirmed, nil }

func (m *machine) SignOff(_ context.Context, r *setup.Report, _ string) error {
	m.signed = append(m.signed, r)
	return nil
}

// day is an installation day, and what a technician's browser does.
type day struct {
	*testing.T
	machine *machine
	door    *enrol.Book
	kept    []byte
	kiosks  []string
	server  *httptest.Server // of the first kiosk
	window  *httptest.Server
	cookie  *http.Cookie
}

func newDay(t *testing.T) *day {
	d := &day{T: t, machine: &machine{settings: map[string]setup.Settings{}}, kiosks: []string{"main"}}
	var err error
	d.door, err = enrol.Open(enrol.Config{
		Dir: t.TempDir(), Now: time.Now, Command: "edge setup", Kind: "technician", Path: setup.Path, Life: time.Hour, Most: 8,
	})
	require.NoError(t, err)
	d.open()
	return d
}

// open begins anew with what was kept, as a gateway that was restarted does.
func (d *day) open() {
	d.Helper()
	s, err := setup.New(setup.Config{
		Machine: d.machine, Kiosks: d.kiosks, Door: d.door, Run: "run", Now: time.Now,
		Load: func() ([]byte, error) { return d.kept, nil },
		Save: func(b []byte) error { d.kept = b; return nil },
		Fail: func(c *gin.Context, err error) {
			c.AbortWithStatusJSON(api.Status(edge.KindOf(err)), gin.H{"error": gin.H{"message": err.Error()}})
		},
	})
	require.NoError(d, err)
	gin.SetMode(gin.TestMode)
	e := gin.New()
	s.Register(e, "main", func(c *gin.Context) { c.String(http.StatusOK, "page") })
	window := gin.New()
	s.Register(window, "window", func(c *gin.Context) { c.String(http.StatusOK, "page") })
	d.window = httptest.NewServer(window)
	d.Cleanup(d.window.Close)
	d.server = httptest.NewServer(e)
	d.Cleanup(d.server.Close)
}

func (d *day) do(method, path, body string) (status int, view map[string]any, said string) {
	d.Helper()
	req, err := http.NewRequestWithContext(d.Context(), method, d.server.URL+setup.Path+"/v1"+path, strings.NewReader(body))
	require.NoError(d, err)
	req.Header.Set("Content-Type", "application/json")
	if d.cookie != nil {
		req.AddCookie(d.cookie)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(d, err)
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		d.cookie = c
	}
	b, err := io.ReadAll(resp.Body)
	require.NoError(d, err)
	_ = json.Unmarshal(b, &view) // not every answer has one
	return resp.StatusCode, view, string(b)
}

// must is do, of what goes well.
func (d *day) must(method, path, body string) map[string]any {
	d.Helper()
	status, view, said := d.do(method, path, body)
	require.Less(d, status, 300, said)
	return view
}

func (d *day) enter() {
	d.Helper()
	code, err := d.door.Invite()
	require.NoError(d, err)
	d.must("POST", "/enter", `{"code":"`+code[:4]+"-"+code[4:]+`"}`)
}

func TestNobodySetsUpWithoutTheCode(t *testing.T) {
	d := newDay(t)
	for _, r := range []struct{ method, path string }{
		{"GET", ""},
		{"PUT", "/language"},
		{"POST", "/claim"},
		{"POST", "/network"},
		{"PUT", "/settings"},
		{"POST", "/print"},
		{"POST", "/sale"},
		{"PUT", "/steps/touch"},
		{"POST", "/sign"},
	} {
		status, _, said := d.do(r.method, r.path, `{}`)
		require.Equal(t, http.StatusUnauthorized, status, "%s %s: %s", r.method, r.path, said)
	}
	status, _, _ := d.do("POST", "/enter", `{"code":"WRONG"}`)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Nil(t, d.cookie)
	d.enter()
	d.must("GET", "", "")
}

func TestTheDayIsSignedWhenEveryStepHasEnded(t *testing.T) {
	d := newDay(t)
	d.enter()
	status, _, said := d.do("POST", "/sign", `{"technician":"An"}`)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, said, "claim")

	status, _, _ = d.do("POST", "/claim", `{"code":"BAD"}`)
	require.Equal(t, http.StatusForbidden, status)
	d.must("POST", "/claim", `{"code":"GOOD"}`)
	d.machine.findings = []setup.Finding{{Part: "disk", OK: true}, {Part: "clock", OK: false, Message: "it is wrong: set it"}}
	d.must("POST", "/network", `{}`)
	for _, step := range []string{"camera", "touch", "colour", "scale"} {
		d.must("PUT", "/steps/"+step, `{"outcome":"passed","detail":"6 px"}`)
	}
	d.must("PUT", "/steps/printer", `{"outcome":"skipped","detail":""}`)
	view := d.must("POST", "/sale", `{"technician":"An"}`)
	require.NotContains(t, view["results"], "sale", "headquarters has not confirmed it")
	status, _, _ = d.do("POST", "/sign", `{"technician":"An"}`)
	require.Equal(t, http.StatusConflict, status)

	d.open() // the gateway was restarted meanwhile
	d.machine.confirmed = true
	results := d.must("GET", "", "")["results"].(map[string]any)
	require.Equal(t, "passed", results["sale"].(map[string]any)["outcome"])
	require.Equal(t, "failed", results["network"].(map[string]any)["outcome"])
	require.Equal(t, "1/2", results["network"].(map[string]any)["detail"])
	view = d.must("POST", "/sign", `{"technician":"An"}`)
	require.NotNil(t, view["signed"])
	require.Len(t, d.machine.signed, 1)
	require.Equal(t, setup.Skipped, d.machine.signed[0].Results[setup.Printer].Outcome)

	view = d.must("PUT", "/steps/touch", `{"outcome":"failed","detail":"90 px"}`)
	require.Nil(t, view["signed"], "what changed is not what was signed")
}

func TestWhatIsSaidHasToBeSensible(t *testing.T) {
	d := newDay(t)
	d.enter()
	for _, r := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/steps/claim", `{"outcome":"passed","detail":""}`, 400},
		{"PUT", "/steps/sale", `{"outcome":"passed","detail":""}`, 400},
		{"PUT", "/steps/network", `{"outcome":"passed","detail":""}`, 400},
		{"PUT", "/steps/touch", `{"outcome":"fine","detail":""}`, 400},
		{"PUT", "/steps/touch", `{"outcome":"passed","detail":"` + strings.Repeat("x", 201) + `"}`, 400},
		{"PUT", "/steps/touch", `{"outcome":"passed","detail":"a\u0000b"}`, 400},
		{"PUT", "/steps/dance", `{"outcome":"passed","detail":""}`, 404},
		{"PUT", "/language", `{"language":"fr"}`, 400},
		{"POST", "/sale", `{"technician":" "}`, 400},
		{"POST", "/sale", `{"technician":"` + strings.Repeat("x", 61) + `"}`, 400},
		{"PUT", "/settings", `{"camera":{"shutter":1}}`, 400},
	} {
		status, _, said := d.do(r.method, r.path, r.body)
		require.Equal(t, r.status, status, "%s %s %s: %s", r.method, r.path, r.body, said)
	}
}

func TestAMachineThatIsKnownNeedsNoCode(t *testing.T) {
	d := newDay(t)
	d.enter()
	d.machine.claimed = true
	view := d.must("PUT", "/steps/claim", `{"outcome":"passed","detail":"gw-1"}`)
	require.Equal(t, "passed", view["results"].(map[string]any)["claim"].(map[string]any)["outcome"])
}

func TestDamagedStateBeginsAnew(t *testing.T) {
	d := newDay(t)
	d.enter()
	d.must("PUT", "/steps/touch", `{"outcome":"passed","detail":""}`)
	require.Contains(t, d.must("GET", "", "")["results"], "touch")
	d.kept = d.kept[:len(d.kept)/2]
	d.open()
	require.Empty(t, d.must("GET", "", "")["results"])
}

// Each kiosk is looked at from its own screen; what is left out may be left out
// from any, and the sheet waits for all.
func TestEveryKioskIsSetUpAtItsOwnScreen(t *testing.T) {
	d := newDay(t)
	d.kiosks = []string{"main", "window"}
	d.open()
	d.enter()
	view := d.must("GET", "", "")
	require.Equal(t, []any{"main", "window"}, view["kiosks"])
	require.Equal(t, "main", view["kiosk"])
	require.Equal(t, []any{
		"claim", "network", "camera", "touch", "colour", "scale", "camera.window", "touch.window", "colour.window", "scale.window", "printer", "sale",
	}, view["steps"])
	const passed = `{"outcome":"passed","detail":"6 px"}`
	status, _, said := d.do("PUT", "/steps/touch.window", passed)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, said, "kiosk window")
	d.must("PUT", "/steps/touch", passed)
	d.must("PUT", "/steps/scale.window", `{"outcome":"skipped","detail":""}`)

	first := d.server
	d.server = d.window
	require.Equal(t, "window", d.must("GET", "", "")["kiosk"])
	d.must("PUT", "/steps/touch.window", passed)
	status, _, _ = d.do("PUT", "/steps/touch", passed)
	require.Equal(t, http.StatusConflict, status)
	view = d.must("PUT", "/settings", `{"camera":{"source":"/dev/video2","rotate":90,"mirror":true,"fov":0,"white_balance":""},"printer":{"address":"none","width":80}}`)
	require.Equal(t, "/dev/video2", d.machine.settings["window"].Camera.Source)
	require.Equal(t, d.machine.settings["window"].Camera.Rotate, int(view["settings"].(map[string]any)["camera"].(map[string]any)["rotate"].(float64)))
	d.server = first
	require.Empty(t, d.must("GET", "", "")["settings"].(map[string]any)["camera"].(map[string]any)["source"])
	status, _, said = d.do("POST", "/sign", `{"technician":"An"}`)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, said, "claim")
}
