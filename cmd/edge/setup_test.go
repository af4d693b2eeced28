package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	"github.com/mirrorcart/mirrorcart/edge/ticket/tickettest"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// A technician enters with the code, turns the camera, which begins the gateway
// anew, makes a test sale that headquarters confirms, and signs a sheet that comes
// out of the printer; the turnover is as it was.
func TestInstallationDay(t *testing.T) {
	dir := t.TempDir()
	printer, address := tickettest.Listen(t)
	f := &demoFlags{addr: "127.0.0.1:0", hqAddr: "127.0.0.1:0", mqttAddr: "127.0.0.1:0", dir: dir, models: modelsFolder(t)}
	d, err := newDemo(t.Context(), f, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- d.run(t.Context()) }()
	t.Cleanup(func() {
		require.NoError(t, <-done)
		require.NoError(t, d.close())
	})

	var out bytes.Buffer
	require.NoError(t, edgeCommand(t.Context(), &out, "setup", "--demo", dir))
	code, _, _ := strings.Cut(out.String(), "\n")
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Jar: jar}
	t.Cleanup(client.CloseIdleConnections)
	do := func(method, path, body string) (status int, view setupView) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, d.edgeURL+"/setup/v1"+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return 0, view // it begins anew just now
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return 0, view
		}
		_ = json.Unmarshal(b, &view)
		return resp.StatusCode, view
	}
	until := func(what string, fits func(setupView) bool) (view setupView) {
		t.Helper()
		require.Eventually(t, func() bool {
			var status int
			status, view = do("GET", "", "")
			return status == http.StatusOK && fits(view)
		}, 2*time.Minute, 50*time.Millisecond, what)
		return view
	}
	ok := func(status int, view setupView) setupView {
		t.Helper()
		require.Less(t, status, 300)
		return view
	}

	status, _ := do("GET", "", "")
	require.Equal(t, http.StatusUnauthorized, status)
	ok(do("POST", "/enter", `{"code":"`+code+`"}`))
	before := ok(do("GET", "", ""))
	require.Equal(t, demoNode, before.Node)

	change := before.Settings
	change.Camera.Rotate, change.Printer.Address = 90, address
	b, err := json.Marshal(change)
	require.NoError(t, err)
	ok(do("PUT", "/settings", string(b)))
	after := until("the gateway with other settings", func(v setupView) bool { return v.Run != before.Run })
	require.Equal(t, change, after.Settings)
	require.FileExists(t, firmwarecfg.SetupFile(dir))
	change.Camera.Rotate = 45
	b, err = json.Marshal(change)
	require.NoError(t, err)
	status, _ = do("PUT", "/settings", string(b))
	require.Equal(t, http.StatusBadRequest, status)

	ok(do("POST", "/sale", `{"technician":"Nguyễn Văn Thợ"}`))
	view := until("headquarters' confirmation", func(v setupView) bool { return v.Results["sale"].Outcome == "passed" })
	for _, step := range view.Steps {
		if view.Results[step].Outcome == "" {
			ok(do("PUT", "/steps/"+step, `{"outcome":"skipped","detail":""}`))
		}
	}
	ok(do("PUT", "/language", `{"language":"en"}`))
	ok(do("POST", "/sign", `{"technician":"Nguyễn Văn Thợ"}`))
	require.Eventually(t, func() bool { return len(printer.Papers()) == 3 }, 2*time.Minute, 50*time.Millisecond, "receipt, void and sheet")

	db := d.gateway.db
	sales, err := db.Sales(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, sales, 1)
	h, err := db.Sale(t.Context(), edge.SaleRef{ID: sales[0].ID})
	require.NoError(t, err)
	require.NotNil(t, h.Void)
	records, err := db.AuditRecords(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, edge.AuditInstalled, records[0].Kind)
	require.Equal(t, "Nguyễn Văn Thợ", records[0].Staff)
	require.Contains(t, records[0].Reason, "touch")
	sheet, err := d.gateway.installation()
	require.NoError(t, err)
	require.Contains(t, sheet.Steps, ticket.InstallationStep{Step: "sale", Passed: true, Detail: fmt.Sprintf("T1-%d-000001, T1-%[1]d-000002", db.Series())})
}

// The page of installation day shows a network camera without its password, which
// its sheet would be printed with, and keeps it when it saves what it was shown.
func TestSetupShowsNoPasswordOfACamera(t *testing.T) {
	const source, shown = "rtsp://admin:s3cret-word@10.0.0.9/stream?token=s3cret-word", "rtsp://10.0.0.9/stream"
	for _, kiosk := range []string{firmwarecfg.MainKiosk, "second"} {
		cfg := firmwarecfg.DefaultEdge()
		cfg.DataDir, cfg.Node, cfg.Till = t.TempDir(), "gw-1", "T1"
		cfg.Shop.ID, cfg.Shop.Name = "hue", "Huế"
		cfg.Kiosks = []firmwarecfg.Kiosk{{ID: "second", Addr: "127.0.0.1:8081", Camera: cfg.Camera, Mirror: cfg.Mirror}}
		cfg.Camera.Source, cfg.Kiosks[0].Camera.Source = source, source+"2"
		m := onSite{&gateway{gatewayOptions: gatewayOptions{cfg: cfg}, restart: make(chan struct{}, 1)}}
		view, err := json.Marshal([]any{m.Settings(kiosk), m.Choices(kiosk)})
		require.NoError(t, err)
		require.NotContains(t, string(view), "s3cret")
		require.NotContains(t, string(view), "admin")
		change := m.Settings(kiosk)
		require.Equal(t, shown, change.Camera.Source)
		before := cfg.Setup(kiosk).Camera.Source

		change.Camera.Rotate = 90
		require.NoError(t, m.Change(kiosk, change))
		require.NoError(t, cfg.LayOverSetup(nil))
		require.Equal(t, before, cfg.Setup(kiosk).Camera.Source)
		require.Equal(t, 90, cfg.Setup(kiosk).Camera.Rotate)
		change.Camera.Source = "rtsp://10.0.0.10/stream"
		require.NoError(t, m.Change(kiosk, change))
		require.NoError(t, cfg.LayOverSetup(nil))
		require.Equal(t, change.Camera.Source, cfg.Setup(kiosk).Camera.Source)
	}
}

// setupView is what the pages of installation day are told.
type setupView struct {
	Run      string
	Node     string
	Steps    []string
	Results  map[string]struct{ Outcome string }
	Settings struct {
		Camera struct {
			Source       string `json:"source"`
			Rotate       int    `json:"rotate"`
			Mirror       bool   `json:"mirror"`
			FOV          int    `json:"fov"`
			WhiteBalance string `json:"white_balance"`
		} `json:"camera"`
		Printer struct {
			Address string `json:"address"`
			Width   int    `json:"width"`
		} `json:"printer"`
	}
}
