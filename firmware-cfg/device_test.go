package firmwarecfg

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// described are the descriptions that the tests render, one of each profile.
var described = map[Profile]string{
	MiniPC: "device.yaml", ARM64: "testdata/device/arm64.yaml", Tablet: "testdata/device/tablet.yaml",
}

func parseDevice(t testing.TB, file string) *Device {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	d, err := ParseDevice(file, text)
	require.NoError(t, err)
	return d
}

func render(t testing.TB, d *Device) map[string]string {
	t.Helper()
	files, err := d.Render()
	require.NoError(t, err)
	require.True(t, slices.IsSortedFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) }))
	all := map[string]string{}
	for _, f := range files {
		require.Equal(t, os.FileMode(0o644), f.Mode)
		require.NotContains(t, all, f.Path)
		all[f.Path] = string(f.Content)
	}
	return all
}

// spoken is a comment or an empty line.
var spoken = regexp.MustCompile(`(?m)^\s*(#.*)?\n|[ \t]+# .*$`)

func TestEachProfileRendersWhatItDid(t *testing.T) {
	for profile, file := range described {
		t.Run(string(profile), func(t *testing.T) {
			d := parseDevice(t, file)
			require.Equal(t, profile, d.Hardware.Profile)
			files, err := d.Render()
			require.NoError(t, err)
			again, err := parseDevice(t, file).Render()
			require.NoError(t, err)
			require.Equal(t, files, again, "the same description gives the same bytes")

			var got bytes.Buffer
			for _, f := range files {
				if !strings.HasSuffix(f.Path, ".json") { // which has no comments
					require.True(t, bytes.HasPrefix(f.Content, []byte("#")), "%s does not say what it is", f.Path)
				}
				require.True(t, bytes.HasSuffix(f.Content, []byte("\n")), f.Path)
				require.NotContains(t, string(f.Content), "\n\n\n", f.Path)
				if f.Path == "etc/mirrorcart/edge.yaml" {
					continue // its keys have a test of their own, and come and go
				}
				fmt.Fprintf(&got, "-- %s\n%s", f.Path, spoken.ReplaceAll(f.Content, nil))
			}
			golden := filepath.Join("testdata/device", string(profile)+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got.String(), "go test ./firmware-cfg -run Renders -update writes it anew")
		})
	}
}

func TestDeviceSampleShowsEveryKeyAndTheDefaults(t *testing.T) {
	text, err := os.ReadFile("device.yaml")
	require.NoError(t, err)
	for _, name := range slices.Concat(allKeys(reflect.TypeFor[Hardware]()), allKeys(reflect.TypeFor[Network]())) {
		require.Regexp(t, `(?m)^[# -]*`+name+`:`, string(text))
	}
	d, want := parseDevice(t, "device.yaml"), DefaultDevice()
	want.Hardware = Hardware{
		Profile: MiniPC, Cameras: []CameraPart{{Name: "main", USB: "046d:085e"}},
		Printer: Part{USB: "04b8:0e28"}, Screen: Screen{Rotate: 90},
	}
	want.Network.Staff, want.Network.Admin = []string{}, []string{}
	want.Edge.Node, want.Edge.Till, want.Edge.Shop = "shop-1-gw-1", "T1", Shop{"shop-1", "Mirrorcart Demo"}
	want.Edge.Class = "minipc"
	want.Edge.Camera.Source, want.Edge.Printer.Address = "/dev/mirrorcart/camera-main", "/dev/mirrorcart/printer"
	require.Equal(t, want, d)
}

// The gateway reads from the rendered file what the description says.
func TestRenderedSettingsAreTheDescribed(t *testing.T) {
	for _, file := range described {
		d := parseDevice(t, file)
		got, err := LoadEdge(write(t, render(t, d)["etc/mirrorcart/edge.yaml"]), nil)
		require.NoError(t, err)
		requireSame(t, &d.Edge, got)
	}
}

// A sealed line gets its certificate with a code, unless something else signs the
// gateway in.
func TestIdentityOfADescribedLine(t *testing.T) {
	sample, err := os.ReadFile("device.yaml")
	require.NoError(t, err)
	for line, want := range map[string]string{
		"mqtt: {url: 'mqtts://b.example'}, ingest_url: 'https://hq.example:8443'":                              "/var/lib/mirrorcart/identity",
		"mqtt: {url: 'mqtts://b.example'}, ingest_url: 'https://hq.example:8443', identity: ''":                "",
		"mqtt: {url: 'mqtts://b.example'}, ingest_url: 'https://hq.example:8443', identity: /srv/own/identity": "/srv/own/identity",
		"mqtt: {url: 'mqtts://b.example'}":                                                                      "",
		"mqtt: {url: 'mqtt://127.0.0.1'}, ingest_url: 'https://hq.example:8443'":                                "",
		"mqtt: {url: 'mqtts://b.example', username: gw, password_file: /p}, ingest_url: 'https://hq.example'":   "",
		"mqtt: {url: 'mqtts://b.example', ca: /ca.pem, cert: /c.pem, key: /k.pem}, ingest_url: 'https://hq.ex'": "",
	} {
		text := string(sample) + "  hq: {" + line + ", key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=}\n"
		d, err := ParseDevice("device.yaml", []byte(text))
		require.NoError(t, err, line)
		require.Equal(t, want, d.Edge.HQ.Identity, line)
		files := render(t, d)
		elsewhere := strings.HasPrefix(want, "/srv")
		require.Equal(t, elsewhere, strings.Contains(files["etc/systemd/system/mirrorcart.service.d/paths.conf"], "ReadWritePaths=-"+want+"\n"), line)
		require.Equal(t, elsewhere, strings.Contains(files["etc/tmpfiles.d/mirrorcart.conf"], "d "+want+" 0700 mirrorcart mirrorcart -\n"), line)
	}
	text := strings.Replace(string(sample), "till: T1", "till: T1\n  data_dir: /srv/shop\n  keys: {device: /srv/shop/keys/device.key}\n"+
		"  hq: {mqtt: {url: 'mqtts://b.example'}, ingest_url: 'https://hq.example', key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=}", 1)
	d, err := ParseDevice("device.yaml", []byte(text))
	require.NoError(t, err)
	require.Equal(t, "/srv/shop/keys/identity", d.Edge.HQ.Identity, "beside the key")
	require.Equal(t, []string{"/srv/shop"}, d.values().Own)
}

// requireSame compares settings; an empty list is as good as none.
func requireSame(t require.TestingT, want, got *Edge) {
	text := func(e *Edge) string {
		s := fmt.Sprintf("%#v", *e)
		return regexp.MustCompile(`(\[\][A-Za-z.]+)(\{\}|\(nil\))`).ReplaceAllString(s, "$1")
	}
	require.Equal(t, text(want), text(got))
}

func TestFaultsOfADescription(t *testing.T) {
	sample, err := os.ReadFile("device.yaml")
	require.NoError(t, err)
	tablet, err := os.ReadFile(described[Tablet])
	require.NoError(t, err)
	for name, tc := range map[string]struct{ from, old, new, want string }{
		"no profile":         {string(sample), "profile: minipc", "profile: toaster", `device.yaml:17: hardware.profile: "toaster" is no kind of machine`},
		"unknown key":        {string(sample), "rotate: 90", "turn: 90", "hardware.screen.turn: unknown key"},
		"of the gateway":     {string(sample), "till: T1", "till: t1", `edge.till: "t1" is no till's name`},
		"unknown of its":     {string(sample), "till: T1", "tills: T1", "edge.tills: unknown key: did you mean edge.till?"},
		"usb":                {string(sample), "046d:085e", "046D:085E", "hardware.cameras[0].usb"},
		"no part":            {string(sample), "usb: 046d:085e", `usb: ""`, "nothing tells this camera from others"},
		"serial":             {string(sample), `serial: ""            #`, `serial: "a\", RUN+=\"x" #`, "hardware.cameras[0].serial"},
		"port":               {string(sample), `port: ""              #`, `port: "1-2\n" #`, "hardware.cameras[0].port"},
		"camera's name":      {string(sample), "name: main", "name: ../main", "hardware.cameras[0].name"},
		"turned askew":       {string(sample), "rotate: 90", "rotate: 45", "hardware.screen.rotate: 45 is no quarter turn"},
		"camera of nobody":   {string(sample), "camera-main\n", "camera-other\n", "edge.camera.source: /dev/mirrorcart/camera-other is none of hardware.cameras"},
		"unused camera":      {string(sample), "/dev/mirrorcart/camera-main\n", "/dev/video0\n", "hardware.cameras[0]: no kiosk uses it"},
		"unused printer":     {string(sample), "/dev/mirrorcart/printer\n", "none\n", "hardware.printer: nothing is printed on it"},
		"printer of nothing": {string(sample), "usb: 04b8:0e28", `usb: ""`, "but nothing says which that is"},
		"everybody":          {string(sample), "staff: []", "staff: [0.0.0.0/0]", "network.staff"},
		"a name as network":  {string(sample), "admin: []", "admin: [example.com]", "network.admin"},
		"time server":        {string(sample), "2.debian.pool.ntp.org", `"a b"`, "network.time"},
		"no time server":     {string(sample), "[2.debian.pool.ntp.org]", "[]", "network.time: there are 0 time servers"},
		"a path with blanks": {string(sample), "till: T1", "till: T1\n  data_dir: /srv/my cart", `edge.data_dir: "/srv/my cart" is no path on the machine`},
		"a path upwards":     {string(sample), "till: T1", "till: T1\n  data_dir: /srv/../etc", "edge.data_dir"},
		"relative path":      {string(sample), "till: T1", "till: T1\n  hq: {mqtt: {ca: ca.pem}}", "edge.hq.mqtt.ca"},
		"unseen page":        {string(sample), "till: T1", "till: T1\n  http: {addr: \"10.0.0.1:8080\"}", "edge.http.addr: the screen of this machine could not open"},
		"any port":           {string(sample), "till: T1", "till: T1\n  http: {addr: \"127.0.0.1:0\"}", "edge.http.addr: the screen of this machine could not open"},
		"root's port":        {string(sample), "till: T1", "till: T1\n  http: {addr: \"127.0.0.1:80\"}", `edge.http: "127.0.0.1:80": the gateway is no root`},
		"unseen letters":     {string(sample), "Mirrorcart Demo", `"a\r\n[Service]"`, "edge.shop.name: \"a\\r\\n[Service]\" has characters that cannot be seen"},
		"two documents":      {string(sample), "hardware:", "---\nhardware:", ""},
		"tablet's camera":    {string(tablet), "source: push", "source: /dev/video0", "edge.camera.source: a machine without a screen"},
		"tablet's screen":    {string(tablet), "profile: tablet", "profile: tablet\n  screen: {rotate: 90}", "this machine has no screen"},
		"too long":           {string(sample), "till: T1", "till: T1 #" + strings.Repeat("x", secretLimit), "bytes at most"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, tc.from, tc.old)
			_, err := ParseDevice("device.yaml", []byte(strings.Replace(tc.from, tc.old, tc.new, 1)))
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "device.yaml", e.File)
		})
	}
}

// The panel's corners, as a finger meets them, are those of the turned picture.
func TestTouchesAreTurnedWithThePicture(t *testing.T) {
	d := parseDevice(t, "device.yaml")
	for rotate, topLeft := range map[int][2]float64{90: {1, 0}, 180: {1, 1}, 270: {0, 1}} {
		d.Hardware.Screen.Rotate = rotate
		rules := render(t, d)["etc/udev/rules.d/70-mirrorcart.rules"]
		found := regexp.MustCompile(`CALIBRATION_MATRIX}="(.*)"`).FindStringSubmatch(rules)
		require.NotNil(t, found)
		var m [6]float64
		_, err := fmt.Sscan(found[1], &m[0], &m[1], &m[2], &m[3], &m[4], &m[5])
		require.NoError(t, err)
		at := func(x, y float64) [2]float64 { return [2]float64{m[0]*x + m[1]*y + m[2], m[3]*x + m[4]*y + m[5]} }
		require.Equal(t, [2]float64{0, 0}, at(topLeft[0], topLeft[1]), "where the picture's first corner is at %d°", rotate)
		require.Equal(t, [2]float64{0.5, 0.5}, at(0.5, 0.5))
	}
	d.Hardware.Screen.Rotate = 0
	require.NotContains(t, render(t, d)["etc/udev/rules.d/70-mirrorcart.rules"], "MATRIX")
}

// hostile are texts that mean something in one of the files.
var hostile = rapid.OneOf(
	rapid.SampledFrom([]string{
		"\n", "a\nRUN+=\"x\"", `a", RUN+="/bin/sh`, "$(reboot)", "%i", "${HOME}", "; drop", "a # b", "a: b", "- a", "'", `\`, "\x00", "\u2028",
		"\r\n[Service]\nUser=root", "}\nflush ruleset", "{{.}}", "*", "&a", "!!str", "null", "~", "1e3", "0x10", "yes", " a ", "\t", "é", "\ufeff", "0.0.0.0/0",
		"/etc/%n", "@here", "`id`", "---", "...", "? a", "|", ">", "", "a:", "\"", "#",
	}),
	rapid.String(), rapid.StringMatching(`[a-z0-9:./_-]{1,20}`),
)

// Whatever words a description has, it is refused, or they stay words: edge.yaml
// is read back as the same settings, and no other file has anything of them that
// is more than a letter, digit, dot, colon, slash, _ or -, nor a line more.
func TestWordsOfADescriptionStayWords(t *testing.T) {
	base := parseDevice(t, described[ARM64])
	known := shapes(render(t, base))
	rapid.Check(t, func(t *rapid.T) {
		d := *base
		d.Hardware.Cameras = slices.Clone(base.Hardware.Cameras)
		d.Network.Staff, d.Network.Admin, d.Network.Time = slices.Clone(d.Network.Staff), slices.Clone(d.Network.Admin), slices.Clone(d.Network.Time)
		d.Edge.Printer.Header = slices.Clone(d.Edge.Printer.Header)
		words := []*string{
			&d.Hardware.Cameras[1].Serial, &d.Hardware.Cameras[0].Port, &d.Hardware.Cameras[0].USB,
			&d.Network.Staff[0], &d.Network.Admin[0], &d.Network.Time[1], &d.Edge.Shop.Name, &d.Edge.DataDir,
			&d.Edge.Backup.Second, &d.Edge.Printer.Header[0], &d.Edge.HTTP.Addr, &d.Edge.HTTP.TLSAddr, &d.Edge.HQ.MQTT.Username,
			&d.Edge.Printer.Address, &d.Edge.Kiosks[0].TLSAddr, &d.Edge.HQ.PublicURL,
		}
		for range rapid.IntRange(1, 3).Draw(t, "how many") {
			*rapid.SampledFrom(words).Draw(t, "where") = hostile.Draw(t, "word")
		}
		var c checker
		if d.check(&c); len(c.faults) > 0 {
			return
		}
		files, err := d.Render()
		require.NoError(t, err)
		all := map[string]string{}
		for _, f := range files {
			if f.Path != "etc/mirrorcart/edge.yaml" {
				all[f.Path] = string(f.Content)
				continue
			}
			got := DefaultEdge()
			_, err := decode(f.Path, f.Content, got)
			require.NoError(t, err, "%s", f.Content)
			requireSame(t, &d.Edge, got)
		}
		for path, lines := range shapes(all) {
			for line := range lines {
				require.Contains(t, known[path], line, path)
			}
		}
	})
}

// shapes are the files' lines without their words: what is left are the signs. A
// list, of udev's conditions for example, is as one.
func shapes(files map[string]string) map[string]map[string]bool {
	word, list := regexp.MustCompile(`[A-Za-z0-9._:/-]+`), regexp.MustCompile(`(w=="w"|w)(, (w=="w"|w))+`)
	all := map[string]map[string]bool{}
	for path, text := range files {
		all[path] = map[string]bool{}
		for line := range strings.Lines(text) {
			line = strings.ReplaceAll(word.ReplaceAllString(line, "w"), "w{w}", "w")
			all[path][list.ReplaceAllString(line, "$1")] = true
		}
	}
	return all
}

func FuzzParseDevice(f *testing.F) {
	for _, file := range described {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("hardware: {profile: tablet}\nedge: &a {node: x}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ParseDevice("device.yaml", text)
		if err != nil {
			return
		}
		files, err := d.Render()
		require.NoError(t, err)
		for _, file := range files {
			require.True(t, filepath.IsLocal(file.Path))
			if file.Path != "etc/mirrorcart/edge.yaml" {
				continue
			}
			got := DefaultEdge()
			_, err := decode(file.Path, file.Content, got)
			require.NoError(t, err, "%s", file.Content)
			requireSame(t, &d.Edge, got)
		}
	})
}
