package firmwarecfg

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Edge is a gateway's configuration, edge.yaml. Paths are absolute once
// loaded.
type Edge struct {
	Node      string        `yaml:"node"` // the gateway's name at HQ and on the broker
	Shop      Shop          `yaml:"shop"`
	Till      string        `yaml:"till"`  // begins every receipt number
	Class     string        `yaml:"class"` // the kind of machine, as bundles name it; empty takes none
	DataDir   string        `yaml:"data_dir" kind:"path"`
	ModelsDir string        `yaml:"models_dir" kind:"path"`
	ShopDir   string        `yaml:"shop_dir" kind:"path"` // catalogue files, pictures, try-on shapes
	HTTP      HTTP          `yaml:"http"`
	Camera    Camera        `yaml:"camera"`
	Mirror    Mirror        `yaml:"mirror"`
	Kiosks    []Kiosk       `yaml:"kiosks"` // more of them, each with its camera
	Staff     []Staff       `yaml:"staff"`
	SignOff   time.Duration `yaml:"sign_off"` // of a till that nobody touches; 0 for never
	HQ        Line          `yaml:"hq"`
	Keys      Keys          `yaml:"keys"`
	Log       Log           `yaml:"log"`
	Metrics   Metrics       `yaml:"metrics"`
	Backup    Backup        `yaml:"backup"`
	Disk      Disk          `yaml:"disk"`
	Carts     Carts         `yaml:"carts"`
	Persons   Persons       `yaml:"persons"`
	Handoff   Handoff       `yaml:"handoff"`
	Payment   Payment       `yaml:"payment"`
	Printer   Printer       `yaml:"printer"`
	Orders    ShopOrders    `yaml:"orders"`
}

// Persons is how long a shop keeps to whom orders went; see edge.PersonKeep.
type Persons struct {
	Contacts  time.Duration `yaml:"contacts"`
	Customers time.Duration `yaml:"customers"`
	Consents  time.Duration `yaml:"consents"`
}

// Carts is how long carts are kept after their last change.
type Carts struct {
	Empty  time.Duration `yaml:"empty"`  // those that never had a line
	Open   time.Duration `yaml:"open"`   // those that are not paid
	Closed time.Duration `yaml:"closed"` // those that are
}

// Backup is where the gateway copies its database to.
type Backup struct {
	Dir    string        `yaml:"dir" kind:"path"`    // empty for the folder backup in data_dir
	Second string        `yaml:"second" kind:"path"` // a folder on another medium; empty for none
	Every  time.Duration `yaml:"every"`
	Keep   int           `yaml:"keep"` // in each folder
}

// Disk is how the room on data_dir's disk is used.
type Disk struct {
	ReserveMB int `yaml:"reserve_mb"` // kept for sales, in units of 2^20 bytes; 0 for none
}

// Shop is the place the gateway stands in.
type Shop struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"` // as printed on the ticket
}

// HTTP is where the gateway serves its kiosks and its staff.
type HTTP struct {
	Addr string `yaml:"addr"` // host:port; port 0 takes a free one
	// AllowedHosts are the names, without port, that a browser may have
	// typed to get here; requests for any other are refused.
	AllowedHosts []string `yaml:"allowed_hosts"`
	// Kiosks are the screens beside this machine's own that may run the
	// mirror, each as ParseKiosk reads it.
	Kiosks []string `yaml:"kiosks"`
	// TLSAddr is a second address, for the shop's network; empty for none.
	TLSAddr string `yaml:"tls_addr"`
	// Clear lets other machines come without TLS.
	Clear bool `yaml:"clear"`
	// Connections may be open at each address, one client's an eighth of them;
	// this machine's and the kiosks' have as many for themselves.
	Connections int    `yaml:"connections"`
	Cert        string `yaml:"cert" kind:"path"` // PEM; empty for one that the gateway makes
	Key         string `yaml:"key" kind:"path"`
}

// ParseKiosk reads the address of a kiosk's screen, or of the network that
// nothing but such screens is in: 10.0.0.7, 10.0.7.0/28 or fd00::7.
func ParseKiosk(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if a, errAddr := netip.ParseAddr(s); errAddr == nil && a.Zone() == "" {
		p, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	switch {
	case err != nil:
		return netip.Prefix{}, errors.New("it is neither an IP address nor a network such as 10.0.7.0/28")
	case p.Addr().Is4In6():
		return netip.Prefix{}, errors.New("write it as an IPv4 address")
	case p.Bits() == 0:
		return netip.Prefix{}, errors.New("that is everybody")
	case p != p.Masked():
		return netip.Prefix{}, fmt.Errorf("that is one address with a network's length: write %s or %s", p.Addr(), p.Masked())
	}
	return p, nil
}

// Mirror is how the try-on behaves.
type Mirror struct {
	MaxFaces    int           `yaml:"max_faces"`    // how many faces wear the look, nearest first
	IdleTimeout time.Duration `yaml:"idle_timeout"` // without a touch, the session is wiped
	GoneTimeout time.Duration `yaml:"gone_timeout"` // without a touch or a face, it is too; 0 for never
}

// Role is what a member of staff may do.
type Role string

// The roles.
const (
	Clerk   Role = "clerk"
	Manager Role = "manager" // a clerk who may also override
)

// Staff is someone who may sell.
type Staff struct {
	Name    string `yaml:"name"`
	Role    Role   `yaml:"role"`
	PINHash string `yaml:"pin_hash"` // argon2id in PHC format
}

// Line is the gateway's line to HQ. Without an MQTT URL the shop sells on its
// own and keeps its events.
type Line struct {
	MQTT      MQTT   `yaml:"mqtt"`
	Identity  string `yaml:"identity" kind:"path"` // folder of the certificate that HQ signs; empty where it comes another way
	IngestURL string `yaml:"ingest_url"`           // where to send while the broker cannot be reached; empty for nowhere
	PublicURL string `yaml:"public_url"`           // the links in cart QR codes begin with it
	Key       string `yaml:"key"`                  // HQ's public key, see ParsePublicKey
}

// Keys is where the gateway keeps its keys.
type Keys struct {
	Device  string `yaml:"device" kind:"path"`  // see LoadOrCreateKey
	Persons string `yaml:"persons" kind:"path"` // master keys of names and addresses; empty for persons.key beside Device
}

// DefaultEdge is the configuration of which only node, shop and till are
// missing.
func DefaultEdge() *Edge {
	return &Edge{
		DataDir:   "/var/lib/mirrorcart",
		ModelsDir: "/usr/share/mirrorcart/models",
		ShopDir:   "/etc/mirrorcart/shop",
		HTTP:      HTTP{Addr: "127.0.0.1:8080", AllowedHosts: []string{"localhost", "127.0.0.1"}, Connections: 512},
		Camera:    Camera{Source: "/dev/video0", Width: 1280, Height: 720, Mirror: true, Quality: 80, Controls: Controls{PowerLine: 50}},
		Mirror:    Mirror{MaxFaces: 1, IdleTimeout: 90 * time.Second, GoneTimeout: 45 * time.Second},
		SignOff:   10 * time.Minute,
		Keys:      Keys{Device: "/var/lib/mirrorcart/device.key"},
		Metrics:   Metrics{Addr: "127.0.0.1:9180"},
		Backup:    Backup{Every: time.Hour, Keep: 24},
		Disk:      Disk{ReserveMB: 256},
		Payment:   Payment{Transfer: defaultTransfer(), CashRounding: []CashUnit{}, CashTolerance: 20000, Discount: Discounts{Clerk: 10, Manager: 50}},
		Printer:   defaultPrinter(),
		Orders:    defaultShopOrders(),
		Carts:     Carts{Empty: 24 * time.Hour, Open: 720 * time.Hour, Closed: 720 * time.Hour},
		Persons:   Persons{Contacts: 720 * time.Hour, Customers: 730 * 24 * time.Hour, Consents: 1095 * 24 * time.Hour},
	}
}

// LoadEdge reads a gateway's configuration from the file and from environ, in
// the form of os.Environ, with what is of this machine alone (see OwnFile) and what
// was found out when it was installed.
// Its error names every fault; each is an *Error.
func LoadEdge(file string, environ []string) (*Edge, error) {
	e := DefaultEdge()
	if err := load(file, "MIRRORCART_EDGE_", environ, e); err != nil {
		return nil, err
	}
	if err := e.withOwn(file, environ); err != nil {
		return nil, err
	}
	if err := e.LayOverSetup(environ); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Edge) check(c *checker) {
	c.name("node", e.Node)
	c.name("shop.id", e.Shop.ID)
	c.text("shop.name", e.Shop.Name)
	c.that("till", tillName.MatchString(e.Till), "%q is no till's name: use 1 to 8 capital letters and digits, e.g. T1", e.Till)
	c.that("class", e.Class == "" || nodeName.MatchString(e.Class), "%q is no kind of machine: use 1 to 63 of a-z, 0-9, - and _, e.g. minipc", e.Class)
	c.path("data_dir", e.DataDir)
	c.path("models_dir", e.ModelsDir)
	c.path("shop_dir", e.ShopDir)
	c.listen("http.addr", e.HTTP.Addr)
	c.that("http.allowed_hosts", len(e.HTTP.AllowedHosts) > 0, "the list is empty, so nobody could open the pages: name localhost at least")
	for _, host := range e.HTTP.AllowedHosts {
		c.that("http.allowed_hosts", host != "" && !hasAny(host, "/ \t"), "%q is no host's name: write it without scheme and path, e.g. kiosk.local", host)
	}
	c.screens("http.kiosks", e.HTTP.Kiosks)
	e.checkTLS(c)
	e.Handoff.check(c, e.HQ)
	e.Camera.check(c)
	e.Mirror.check(c)
	e.checkKiosks(c)
	e.checkStaff(c)
	e.HQ.MQTT.check(c, "hq.mqtt")
	e.HQ.checkIngest(c)
	e.HQ.checkIdentity(c)
	c.web("hq.public_url", e.HQ.PublicURL)
	if e.HQ.MQTT.URL != "" || e.HQ.Key != "" {
		_, err := ParsePublicKey(e.HQ.Key)
		c.that("hq.key", err == nil, "HQ's public key is missing or wrong (%v): copy what `hq keys` prints", err)
	}
	c.path("keys.device", e.Keys.Device)
	e.Metrics.check(c, e.HTTP.Addr, e.HTTP.TLSAddr)
	e.Payment.check(c)
	e.Printer.check(c)
	e.Orders.check(c)
	c.that("backup.every", e.Backup.Every >= time.Minute && e.Backup.Every <= 7*24*time.Hour, "%v is out of range: use 1m to 168h", e.Backup.Every)
	c.between("backup.keep", e.Backup.Keep, 1, 1000)
	c.that("backup.second", e.Backup.Second == "" || e.Backup.Second != e.BackupDir(), "it is the first folder: name one on another medium")
	c.between("disk.reserve_mb", e.Disk.ReserveMB, 0, 65536)
	const year = 366 * 24 * time.Hour
	e.Carts.check(c)
	c.that("persons.contacts", e.Persons.Contacts >= 24*time.Hour && e.Persons.Contacts <= 10*year, "%v is out of range: use 24h to 87840h", e.Persons.Contacts)
	c.that("persons.consents", e.Persons.Consents >= 24*time.Hour && e.Persons.Consents <= 10*year, "%v is out of range: use 24h to 87840h", e.Persons.Consents)
	c.that("persons.customers", e.Persons.Customers >= 24*time.Hour && e.Persons.Customers <= 10*year, "%v is out of range: use 24h to 87840h", e.Persons.Customers)
}

func (k Carts) check(c *checker) {
	const year = 366 * 24 * time.Hour
	c.that("carts.empty", k.Empty >= time.Hour && k.Empty <= year, "%v is out of range: use 1h to 8784h", k.Empty)
	c.that("carts.open", k.Open >= 96*time.Hour && k.Open <= year, "%v is out of range: use 96h, for as long as codes open, to 8784h", k.Open)
	c.that("carts.closed", k.Closed >= 96*time.Hour && k.Closed <= year, "%v is out of range: use 96h, for as long as codes open, to 8784h", k.Closed)
}

// BackupDir is the folder of the backups.
func (e *Edge) BackupDir() string {
	if e.Backup.Dir != "" {
		return e.Backup.Dir
	}
	return filepath.Join(e.DataDir, "backup")
}

// Credentials are how the gateway signs in at the broker and at HQ: with the files
// in Identity where that is set. ca.pem and machine.pem are what package identity
// calls them.
func (l Line) Credentials() MQTT {
	m := l.MQTT
	if l.Identity != "" {
		m.CA = filepath.Join(l.Identity, "ca.pem")
		m.Cert = filepath.Join(l.Identity, "machine.pem")
		m.Key = m.Cert
	}
	return m
}

// wantsIdentity reports whether the line is sealed, nothing else signs the gateway
// in, and there is a door to ask for a certificate at.
func (l Line) wantsIdentity() bool {
	u, err := url.Parse(l.MQTT.URL)
	other := l.MQTT.CA != "" || l.MQTT.Cert != "" || l.MQTT.Username != ""
	return err == nil && slices.Contains(sealed(), u.Scheme) && !other && strings.HasPrefix(l.IngestURL, "https://")
}

func (l Line) checkIdentity(c *checker) {
	if l.Identity == "" {
		return
	}
	c.path("hq.identity", l.Identity)
	c.that("hq.identity", strings.HasPrefix(l.IngestURL, "https://"), "nobody could be asked for the certificate: set hq.ingest_url to headquarters' door for gateways, https://HOST:PORT")
	c.that("hq.identity", l.MQTT.CA == "" && l.MQTT.Cert == "", "the certificate is in there: leave hq.mqtt.ca, cert and key empty")
}

func (l Line) checkIngest(c *checker) {
	if l.IngestURL == "" {
		return
	}
	c.that("hq.ingest_url", webAddress(l.IngestURL), "%q is no address of headquarters: use https://HOST, without ? and #", l.IngestURL)
	c.that("hq.ingest_url", l.MQTT.URL != "", "it stands in for the broker, and there is none: set hq.mqtt.url")
}

func (e *Edge) checkTLS(c *checker) {
	h := e.HTTP
	c.tls("http.tls_addr", h.TLSAddr, map[string]bool{h.Addr: true})
	c.that("http.cert", (h.Cert == "") == (h.Key == ""), "cert and key go together: set both, or neither for a certificate that the gateway makes itself")
	c.that("http.cert", h.Cert == "" || h.TLSAddr != "" || len(e.Kiosks) > 0, "a certificate is of use only with http.tls_addr: set that too, e.g. 0.0.0.0:8443")
	c.that("http.connections", h.Connections >= 16 && h.Connections <= 100_000, "%d is out of range: use 16 to 100000", h.Connections)
	c.that("camera.source", sealedPush(e.Camera, h.Addr, h.TLSAddr), "a tablet's pictures must come over TLS: set http.tls_addr, e.g. 0.0.0.0:8443")
}

// tls checks an address to serve TLS at, which may be empty, beside those that
// are taken.
func (c *checker) tls(key, addr string, taken map[string]bool) {
	if addr == "" {
		return
	}
	c.listen(key, addr)
	c.that(key, !taken[addr] || strings.HasSuffix(addr, ":0"), "%s is taken: give each an address of its own", addr)
}

// sealedPush reports whether a tablet's pictures, if they are the camera's, come
// over TLS or from this machine alone.
func sealedPush(cam Camera, addr, tlsAddr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return cam.Source != PushCamera || tlsAddr != "" || err == nil && loopback(host)
}

func (e *Edge) checkStaff(c *checker) {
	c.that("sign_off", e.SignOff == 0 || e.SignOff >= time.Minute && e.SignOff <= 8*time.Hour, "%s is out of range: use 1m to 8h, or 0 for never", e.SignOff)
	seen := map[string]bool{}
	for i, s := range e.Staff {
		c.text(key("staff", i, "name"), s.Name)
		c.that(key("staff", i, "name"), !seen[s.Name], "%q is there twice: every name signs receipts, so keep them apart", s.Name)
		seen[s.Name] = true
		c.that(key("staff", i, "role"), s.Role == Clerk || s.Role == Manager, "%q is no role: use clerk or manager", s.Role)
		c.that(key("staff", i, "pin_hash"), argon2id.MatchString(s.PINHash), "this is no argon2id hash of a PIN: copy what `edge pin` prints")
	}
}
