package firmwarecfg

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/goccy/go-yaml"
)

// File is one of a machine's files.
type File struct {
	Path    string // from the root, with slashes and without the first
	Mode    fs.FileMode
	Content []byte
}

// deviceFiles are what Render makes files of. The units and users beside them are
// the same on every machine and come with the program's package: what Render laid
// over them would hide what a newer package brings.
//
//go:embed device/*.tmpl device/chromium.json
var deviceFiles embed.FS

//go:embed edge.yaml
var edgeSample []byte

// The profiles differ in what the machine can spare.
type spare struct {
	Journal       string // of the disk, for logs
	BrowserMemory string
	SplitGraphics bool // one device draws, another shows
}

func (p Profile) spare() spare {
	if p == ARM64 {
		return spare{Journal: "100M", BrowserMemory: "1G", SplitGraphics: true}
	}
	return spare{Journal: "500M", BrowserMemory: "2G"}
}

// settingsPath is where a gateway looks for its settings.
const settingsPath = "etc/mirrorcart/edge.yaml"

// Render makes all that turns a Debian with the program's package into the gateway
// that d describes, in the order of the paths. The same description gives the same bytes. d is as
// ParseDevice returned it.
func (d *Device) Render() ([]File, error) {
	text, err := d.edgeYAML()
	if err != nil {
		return nil, err
	}
	files := []File{{Path: settingsPath, Content: text}}
	from := map[string]string{ // templates
		"etc/systemd/journald.conf.d/mirrorcart.conf": "journald.conf.tmpl",
		"etc/tmpfiles.d/mirrorcart.conf":              "tmpfiles.conf.tmpl",
		"etc/udev/rules.d/70-mirrorcart.rules":        "udev.rules.tmpl",
		"etc/nftables.conf":                           "nftables.conf.tmpl",
		"etc/chrony/conf.d/mirrorcart.conf":           "chrony.conf.tmpl",
	}
	v := d.values()
	if len(v.Folders) > 0 {
		from["etc/systemd/system/mirrorcart.service.d/paths.conf"] = "paths.conf.tmpl"
	}
	if v.DataDir != stateDir {
		from["etc/systemd/system/mirrorcart-bundle.path.d/paths.conf"] = "bundle-inbox.conf.tmpl"
		from["etc/systemd/system/mirrorcart-bundle.service.d/paths.conf"] = "bundle-paths.conf.tmpl"
	}
	if d.Hardware.Profile != Tablet {
		from["etc/systemd/system/mirrorcart-kiosk.service.d/screen.conf"] = "screen.conf.tmpl"
		from["etc/X11/xorg.conf.d/70-mirrorcart.conf"] = "xorg.conf.tmpl"
		policy, err := chromiumPolicy(v.URL)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: "etc/chromium/policies/managed/mirrorcart.json", Content: policy})
	}
	for to, name := range from {
		text, err := fill(name, v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", to, err)
		}
		files = append(files, File{Path: to, Content: text})
	}
	for i := range files {
		files[i].Mode = 0o644 // who may read edge.yaml is settled by its folder
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// values are what templates are filled in with. ParseDevice has seen to it that
// none can be taken for anything but itself.
type values struct {
	spare
	URL         string // of the kiosk's page
	DataDir     string
	Folders     []string // that the gateway writes to
	Own         []string // those of them that are its own
	Cameras     []CameraPart
	Printer     *Part
	Touch       string // libinput's matrix; empty for a panel that is not turned
	Rotate      string // as the X server has it
	Ports       []string
	Shop, Admin []string // nftables' matches of who it is
	Time        []string
}

func (d *Device) values() values {
	v := values{
		spare: d.Hardware.Profile.spare(), URL: d.kioskURL(), Cameras: d.Hardware.Cameras,
		Ports: d.ports(), Shop: d.shopNetwork(), Admin: matches(d.Network.Admin), Time: d.Network.Time,
	}
	e := &d.Edge
	v.DataDir = e.DataDir
	v.Own = elsewhere(e.DataDir, path.Dir(e.Keys.Device), e.HQ.Identity)
	v.Folders = elsewhere(e.DataDir, path.Dir(e.Keys.Device), e.HQ.Identity, e.Backup.Dir, e.Backup.Second)
	if d.Hardware.Printer != (Part{}) {
		v.Printer = &d.Hardware.Printer
	}
	// For each quarter turn clockwise: X's word, and the matrix that takes a
	// place on the panel to the place in the picture.
	turn := map[int][2]string{
		0: {"normal", ""}, 90: {"right", "0 1 0 -1 0 1"}, 180: {"inverted", "-1 0 1 0 -1 1"}, 270: {"left", "0 -1 1 1 0 0"},
	}[d.Hardware.Screen.Rotate]
	v.Rotate, v.Touch = turn[0], turn[1]
	return v
}

// fill is the text of a file.
func fill(name string, v values) ([]byte, error) {
	text, err := deviceFiles.ReadFile("device/" + name)
	if err != nil {
		return nil, err
	}
	t, err := template.New(name).Funcs(template.FuncMap{"match": udevMatch, "join": strings.Join, "pool": isName}).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, v)
	return out.Bytes(), err
}

// udevMatch tells a part from others.
func udevMatch(part any) (string, error) {
	p, ok := part.(*Part)
	if cam, is := part.(CameraPart); is {
		own := cam.part()
		p, ok = &own, true
	}
	if !ok {
		return "", fmt.Errorf("a %T is no part", part)
	}
	var s []string
	if vendor, product, ok := strings.Cut(p.USB, ":"); ok {
		s = append(s, fmt.Sprintf(`ATTRS{idVendor}=="%s", ATTRS{idProduct}=="%s"`, vendor, product))
	}
	if p.Serial != "" {
		s = append(s, fmt.Sprintf(`ATTRS{serial}=="%s"`, p.Serial))
	}
	if p.Port != "" {
		s = append(s, fmt.Sprintf(`KERNELS=="%s"`, p.Port))
	}
	return strings.Join(s, ", "), nil
}

// isName reports whether a time server is named, and so may be many.
func isName(server string) bool {
	_, err := netip.ParseAddr(server)
	return err != nil
}

// kioskURL is where this machine's own screen finds the kiosk's page; empty if it
// cannot.
func (d *Device) kioskURL() string {
	host, port, err := net.SplitHostPort(d.Edge.HTTP.Addr)
	ip, errIP := netip.ParseAddr(host)
	here := ip.Is4() && (ip.IsLoopback() || ip.IsUnspecified())
	if err != nil || errIP != nil || !here || port == "0" {
		return ""
	}
	return "http://127.0.0.1:" + port + "/"
}

// ports are those that others in the shop may reach.
func (d *Device) ports() []string {
	var ports []string
	for _, addr := range d.addrs() {
		host, port, err := net.SplitHostPort(addr)
		if err == nil && !loopback(host) && !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// addrs are those that the gateway listens at.
func (d *Device) addrs() []string {
	addrs := []string{d.Edge.HTTP.Addr, d.Edge.HTTP.TLSAddr}
	for _, k := range d.Edge.Kiosks {
		addrs = append(addrs, k.Addr, k.TLSAddr)
	}
	return addrs
}

// shopNetwork is the kiosks' screens and the tills.
func (d *Device) shopNetwork() []string {
	all := slices.Concat(d.Edge.HTTP.Kiosks, d.Network.Staff)
	for _, k := range d.Edge.Kiosks {
		all = append(all, k.Screens...)
	}
	return matches(all)
}

// matches are nftables' matches of addresses and networks.
func matches(list []string) []string {
	var all []string
	for _, s := range list {
		p, err := ParseKiosk(s)
		if err != nil {
			continue // ParseDevice refuses it
		}
		family := "ip"
		if p.Addr().Is6() {
			family = "ip6"
		}
		if m := family + " saddr " + p.String(); !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// stateDir is the folder that systemd makes for the gateway.
const stateDir = "/var/lib/mirrorcart"

// elsewhere are those of the folders that lie neither in stateDir nor in one before
// them.
func elsewhere(folders ...string) []string {
	var list []string
	for _, folder := range folders {
		within := func(other string) bool { return folder == other || strings.HasPrefix(folder, other+"/") }
		if folder != "" && !within(stateDir) && !slices.ContainsFunc(list, within) {
			list = append(list, folder)
		}
	}
	return list
}

const edgeHead = `# The settings of this gateway, made from the description of its machine. Change
# that and render it anew: what is changed here is gone with the next one.

`

// edgeYAML is the gateway's settings, with what the sample says of each.
func (d *Device) edgeYAML() ([]byte, error) {
	var ignored Edge
	says := yaml.CommentMap{}
	_, sample, _ := bytes.Cut(edgeSample, []byte("\n\n")) // its head is about the sample
	if err := yaml.UnmarshalWithOptions(sample, &ignored, yaml.CommentToMap(says)); err != nil {
		return nil, fmt.Errorf("the sample of edge.yaml: %w", err)
	}
	text, err := yaml.MarshalWithOptions(d.Edge, yaml.WithComment(says), yaml.IndentSequence(true), yaml.CustomMarshaler(quoted))
	if err != nil {
		return nil, fmt.Errorf("edge.yaml: %w", err)
	}
	return append([]byte(edgeHead), text...), nil
}

// bare is a word that YAML takes for nothing else.
var bare = regexp.MustCompile(`^(/[a-zA-Z0-9/._-]+|[a-z]{4,}://[a-zA-Z0-9/._-]+|[a-z0-9]*-[a-z][a-z0-9-]*)$`)

// quoted is s as YAML has it; the library does not quote all that must be.
func quoted(s string) ([]byte, error) {
	if bare.MatchString(s) {
		return []byte(s), nil
	}
	return json.Marshal(s)
}

// chromiumPolicy is what the kiosk's browser may do: show the gateway's pages.
func chromiumPolicy(url string) ([]byte, error) {
	text, err := deviceFiles.ReadFile("device/chromium.json")
	if err != nil {
		return nil, err
	}
	var policy map[string]any
	if err := json.Unmarshal(text, &policy); err != nil {
		return nil, fmt.Errorf("the kiosk's browser policy: %w", err)
	}
	policy["URLAllowlist"] = []string{strings.TrimSuffix(url, "/")}
	out, err := json.MarshalIndent(policy, "", "  ")
	return append(out, '\n'), err
}
