package firmwarecfg

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const smallEdge = "node: gw\nshop: {id: s, name: S}\ntill: T1\n"

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "edge.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestSamplesAreTheDefaults(t *testing.T) {
	edge, err := LoadEdge("edge.yaml", nil)
	require.NoError(t, err)
	want := DefaultEdge()
	want.Node, want.Till, want.Shop = "shop-1-gw-1", "T1", Shop{"shop-1", "Mirrorcart Demo"}
	want.Staff, want.HTTP.Kiosks, want.Kiosks = []Staff{}, []string{}, []Kiosk{}
	want.Handoff.Apps = []App{}
	require.Equal(t, want, edge)

	hq, err := LoadHQ("hq.yaml", nil)
	require.NoError(t, err)
	wantHQ := DefaultHQ()
	wantHQ.PublicURL, wantHQ.MQTT.URL = "https://cart.example.com", "mqtts://broker.example.com:8883"
	wantHQ.Nodes = []Node{}
	require.Equal(t, wantHQ, hq)
}

func TestSamplesShowEveryKey(t *testing.T) {
	for file, cfg := range map[string]any{"edge.yaml": Edge{}, "hq.yaml": HQ{}} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range allKeys(reflect.TypeOf(cfg)) {
			shown := regexp.MustCompile(`(?m)^[# -]*` + regexp.QuoteMeta(name) + `:`)
			require.Regexp(t, shown, string(text), "%s does not show %s", file, name)
		}
		lines, err := decode(file, text, reflect.New(reflect.TypeOf(cfg)).Interface())
		require.NoError(t, err)
		for _, f := range fields(reflect.ValueOf(cfg), "") {
			require.Contains(t, lines, f.name, "%s does not set %s", file, f.name)
		}
	}
}

// allKeys lists the keys of a struct, of its sections and of its lists' items.
func allKeys(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		names = append(names, f.Tag.Get("yaml"))
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			names = append(names, allKeys(f.Type.Elem())...)
		}
		if f.Type.Kind() == reflect.Struct {
			names = append(names, allKeys(f.Type)...)
		}
	}
	return names
}

func TestEveryVariableSetsOneKey(t *testing.T) {
	for _, cfg := range []any{Edge{}, HQ{}} {
		seen := map[string]string{}
		for _, f := range fields(reflect.ValueOf(cfg), "") {
			name := strings.ToUpper(strings.ReplaceAll(f.name, ".", "_"))
			require.Empty(t, seen[name], "%s and %s share a variable", seen[name], f.name)
			seen[name] = f.name
		}
	}
}

func TestLoadEdge(t *testing.T) {
	file := write(t, smallEdge+`
data_dir: data
camera: {source: "still:a.jpg", rotate: 90, mirror: false, controls: {exposure: 157, white_balance: auto, power_line: 60}}
mirror:
  idle_timeout: 2m
staff:
  - name: Lan
    role: manager
    pin_hash: $argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2g
hq:
  mqtt: {url: "mqtts://broker.example.com:8883", username: gw, password_file: secret}
  public_url: https://cart.example.com
  key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
log: {level: debug}
`)
	e, err := LoadEdge(file, []string{
		"HOME=/root", "MIRRORCART_HQ_ADDR=not ours", "MIRRORCART_EDGE_HTTP_ADDR=0.0.0.0:80",
		"MIRRORCART_EDGE_HTTP_ALLOWED_HOSTS=kiosk.local,10.0.0.2", "MIRRORCART_EDGE_HTTP_KIOSKS=10.0.0.7,fd00::/64", "MIRRORCART_EDGE_MIRROR_IDLE_TIMEOUT=45s",
		"MIRRORCART_EDGE_CAMERA_QUALITY=70", "MIRRORCART_EDGE_CAMERA_MIRROR=true",
		"MIRRORCART_EDGE_LOG_LEVEL=WARN", "MIRRORCART_EDGE_MODELS_DIR=/m",
	})
	require.NoError(t, err)
	require.Equal(t, filepath.Join(filepath.Dir(file), "data"), e.DataDir)
	require.Equal(t, filepath.Join(filepath.Dir(file), "secret"), e.HQ.MQTT.PasswordFile)
	require.Equal(t, "/m", e.ModelsDir)
	require.Equal(t, Camera{Source: "still:a.jpg", Width: 1280, Height: 720, Rotate: 90, Mirror: true, Quality: 70, Controls: Controls{Exposure: "157", WhiteBalance: "auto", PowerLine: 60}}, e.Camera)
	require.Equal(t, 45*time.Second, e.Mirror.IdleTimeout)
	require.Equal(t, HTTP{Addr: "0.0.0.0:80", AllowedHosts: []string{"kiosk.local", "10.0.0.2"}, Kiosks: []string{"10.0.0.7", "fd00::/64"}, Connections: 512}, e.HTTP)
	require.Equal(t, Manager, e.Staff[0].Role)
	require.Equal(t, slog.LevelWarn, e.Log.Level)
}

func TestKeyWithoutValueKeepsTheDefault(t *testing.T) {
	e, err := LoadEdge(write(t, smallEdge+"camera:\n  width:\n  mirror: null\nmirror:\nhttp:\n  allowed_hosts:\ndata_dir:\n"), nil)
	require.NoError(t, err)
	want := DefaultEdge()
	want.Node, want.Till, want.Shop = "gw", "T1", Shop{"s", "S"}
	require.Equal(t, want, e)
}

func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text, environ string
		line          int
		want          []string
	}{
		"unknown key":      {smallEdge + "camra: {}\n", "", 4, []string{"camra", "did you mean camera?"}},
		"unknown in depth": {smallEdge + "hq:\n  mqtt:\n    ulr: x\n", "", 6, []string{"hq.mqtt.ulr", "did you mean hq.mqtt.url?"}},
		"unknown in list":  {smallEdge + "staff:\n  - nam: Lan\n", "", 5, []string{"staff[0].nam", "did you mean staff[0].name?"}},
		"unlike any":       {smallEdge + "log: {colour: red}\n", "", 4, []string{"log.colour", "known here: level"}},
		"twice":            {smallEdge + "till: T2\n", "", 4, []string{"till", "already defined"}},
		"list for section": {smallEdge + "camera: []\n", "", 4, []string{"camera", "a section"}},
		"section for list": {smallEdge + "staff: {name: Lan}\n", "", 4, []string{"staff", "a list"}},
		"word for section": {smallEdge + "camera: front\n", "", 4, []string{"camera", "a section"}},
		"word for number":  {smallEdge + "camera:\n  width: wide\n", "", 5, []string{"string", "int"}},
		"gone too soon":    {smallEdge + "mirror:\n  gone_timeout: 3s\n", "", 5, []string{"mirror.gone_timeout", "10s to 1h"}},
		"no duration":      {smallEdge + "mirror:\n  idle_timeout: soon\n", "", 5, []string{"mirror.idle_timeout", `"soon"`}},
		"number for time":  {smallEdge + "mirror:\n  idle_timeout: 90\n", "", 5, []string{"mirror.idle_timeout", "no duration"}},
		"alias":            {"node: &n gw\nshop: {id: *n, name: S}\ntill: T1\n", "", 1, []string{"anchors"}},
		"two documents":    {smallEdge + "---\nnode: b\n", "", 5, []string{"second document"}},
		"broken":           {smallEdge + "hq: {", "", 4, []string{"edge.yaml"}},
		"empty":            {"", "", 0, []string{"node", "shop.id", "till"}},
		"bad node":         {"node: Shop 1\nshop: {id: s, name: S}\ntill: T1\n", "", 1, []string{`"Shop 1"`, "a-z"}},
		"kiosk's name":     {smallEdge + "http:\n  kiosks: [kiosk.local]\n", "", 5, []string{"http.kiosks", `"kiosk.local"`, "IP address"}},
		"kiosk everybody":  {smallEdge + "http:\n  kiosks: [10.0.0.7, 0.0.0.0/0]\n", "", 5, []string{"http.kiosks", "everybody"}},
		"pixels in all":    {smallEdge + "camera:\n  width: 8000\n  height: 5001\n", "", 6, []string{"camera.height", "8000 × 5001 pixels", "40 million at most"}},
		"rotate":           {smallEdge + "camera:\n  rotate: 45\n", "", 5, []string{"camera.rotate", "quarter turn"}},
		"camera's view":    {smallEdge + "camera:\n  fov: 170\n", "", 5, []string{"camera.fov", "20 to 130 degrees"}},
		"camera's format":  {smallEdge + "camera:\n  format: h264\n", "", 5, []string{"camera.format", "mjpeg, yuyv"}},
		"camera's fps":     {smallEdge + "camera:\n  fps: .nan\n", "", 5, []string{"camera.fps", "0 (the camera's own) to 240"}},
		"camera's control": {smallEdge + "camera:\n  controls:\n    gain: much\n", "", 6, []string{"camera.controls.gain", `"much"`, "auto"}},
		"mains":            {smallEdge + "camera:\n  controls:\n    power_line: 55\n", "", 6, []string{"power_line", "50, 60"}},
		"push without TLS": {smallEdge + "http:\n  addr: 0.0.0.0:8080\ncamera:\n  source: push\n", "", 7, []string{"camera.source", "http.tls_addr"}},
		"web key alone":    {smallEdge + "http:\n  tls_addr: 0.0.0.0:8443\n  key: k.pem\n", "", 0, []string{"http.cert", "go together"}},
		"cert without use": {smallEdge + "http:\n  cert: c.pem\n  key: k.pem\n", "", 5, []string{"http.cert", "http.tls_addr"}},
		"one address":      {smallEdge + "http:\n  addr: 127.0.0.1:1\n  tls_addr: 127.0.0.1:1\n", "", 6, []string{"http.tls_addr", "of its own"}},
		"plain mqtt":       {smallEdge + "hq:\n  mqtt:\n    url: mqtt://broker.example.com\n", "", 6, []string{"hq.mqtt.url", "mqtts"}},
		"password in url":  {smallEdge + "hq:\n  mqtt:\n    url: mqtts://a:b@broker.example.com\n", "", 6, []string{"password_file"}},
		"no HQ key":        {smallEdge + "hq:\n  mqtt:\n    url: mqtts://broker.example.com\n", "", 0, []string{"hq.key", "hq keys"}},
		"cert alone":       {smallEdge + "hq:\n  mqtt:\n    url: mqtts://h\n    cert: c.pem\n", "", 7, []string{"go together"}},
		"http link":        {smallEdge + "hq:\n  public_url: http://cart.example.com\n", "", 5, []string{"https"}},
		"pin in clear":     {smallEdge + "staff:\n  - {name: Lan, role: clerk, pin_hash: \"1234\"}\n", "", 5, []string{"edge pin"}},
		"sign-off":         {smallEdge + "sign_off: 5s\n", "", 4, []string{"1m to 8h"}},
		"role":             {smallEdge + "staff:\n  - {name: Lan, role: boss}\n", "", 5, []string{"clerk or manager"}},
		"unknown variable": {smallEdge, "MIRRORCART_EDGE_HTP_ADDR=x", 0, []string{"environment", "did you mean MIRRORCART_EDGE_HTTP_ADDR?"}},
		"bad variable":     {smallEdge, "MIRRORCART_EDGE_CAMERA_WIDTH=wide", 0, []string{"MIRRORCART_EDGE_CAMERA_WIDTH", "no whole number"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := LoadEdge(write(t, c.text), []string{c.environ})
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			var fault *Error
			require.ErrorAs(t, err, &fault)
			if c.line > 0 {
				require.Contains(t, err.Error(), fmt.Sprintf("edge.yaml:%d:", c.line))
			}
			require.NotContains(t, fault.Msg, "\n")
		})
	}
}

func TestParseKiosk(t *testing.T) {
	for s, want := range map[string]string{
		"10.0.0.7": "10.0.0.7/32", "10.0.7.0/28": "10.0.7.0/28", "10.0.0.7/32": "10.0.0.7/32",
		"fd00::7": "fd00::7/128", "fd00::/64": "fd00::/64",
	} {
		p, err := ParseKiosk(s)
		require.NoError(t, err, s)
		require.Equal(t, want, p.String())
	}
	for s, says := range map[string]string{
		"": "neither", "kiosk.local": "neither", "10.0.0.7:80": "neither", "10.0.0.7/33": "neither", "10.0.0": "neither",
		" 10.0.0.7": "neither", "fe80::1%eth0": "neither", "10.0.0.7/24": "write 10.0.0.7 or 10.0.0.0/24",
		"0.0.0.0/0": "everybody", "::/0": "everybody", "::ffff:10.0.0.7": "IPv4", "::ffff:10.0.0.0/120": "IPv4",
	} {
		_, err := ParseKiosk(s)
		require.ErrorContains(t, err, says, s)
	}
}

func TestLoadHQRefuses(t *testing.T) {
	file := write(t, "nodes:\n  - {name: gw, key: short}\n  - {name: gw, key: short}\n")
	_, err := LoadHQ(file, nil)
	for _, want := range []string{"public_url", "mqtt.url", "nodes[0].key", "nodes[1].name", "there twice"} {
		require.ErrorContains(t, err, want)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	_, err := LoadEdge(filepath.Join(t.TempDir(), "none.yaml"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "sample")

	_, err = LoadEdge(write(t, strings.Repeat("#", secretLimit+1)), nil)
	require.ErrorContains(t, err, "larger than")
}

func FuzzDecode(f *testing.F) {
	for _, file := range []string{"edge.yaml", "hq.yaml"} {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(smallEdge))
	f.Add([]byte("staff: [{name: a}, {}]\nhq: {mqtt: null}\n? [a]\n: b\n<<: {a: b}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e := DefaultEdge()
		if _, err := decode("edge.yaml", text, e); err == nil {
			e.check(&checker{})
		}
	})
}
