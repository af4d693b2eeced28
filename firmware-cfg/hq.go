package firmwarecfg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// HQ is a collector's configuration, hq.yaml. Paths are absolute once loaded.
type HQ struct {
	// Addr is the host:port where phones open their carts, and OfficeAddr where
	// HQ's own people and systems find the pages, which ask for no password, and
	// the API, which wants one of APITokens; empty means Addr. Port 0 takes a free one.
	Addr       string `yaml:"addr"`
	OfficeAddr string `yaml:"office_addr"`
	// OfficeHosts are the names, without port, that HQ's own pages answer to
	// beside IP addresses and localhost; requests for any other are refused.
	OfficeHosts []string `yaml:"office_hosts"`
	// Proxies are the addresses, or networks, of the proxies before Addr and
	// OfficeAddr, whose X-Forwarded-For says who asks.
	Proxies []string `yaml:"proxies"`
	// Connections may be open at each address, one client's an eighth of them;
	// proxies and this machine have as many for themselves.
	Connections int `yaml:"connections"`

	PublicURL string `yaml:"public_url"`
	MQTT      MQTT   `yaml:"mqtt"`
	DataDir   string `yaml:"data_dir" kind:"path"`
	ShopDir   string `yaml:"shop_dir" kind:"path"` // catalogue files and pictures, for names
	Key       string `yaml:"key" kind:"path"`      // HQ's private key, see LoadOrCreateKey
	// PersonKeys are the master keys of names and addresses, and Deleted is the list
	// of persons who were deleted; empty for persons.key and deleted.ndjson beside Key.
	PersonKeys string `yaml:"person_keys" kind:"path"`
	Deleted    string `yaml:"deleted" kind:"path"`
	// BundleRoots is the file with the root sets that say who signs bundles.
	BundleRoots string `yaml:"bundle_roots" kind:"path"`
	// Database is a postgres:// URL, or empty for a file in DataDir. Its password
	// is better kept in DatabasePasswordFile.
	Database             string `yaml:"database"`
	DatabasePasswordFile string `yaml:"database_password_file" kind:"path"`
	// Partitions this collector serves, as in 0-31 or 0,5-7; empty means that all
	// collectors share all messages. See PartitionList.
	Partitions string     `yaml:"partitions"`
	Webhooks   []Webhook  `yaml:"webhooks"`
	Nodes      []Node     `yaml:"nodes"`
	APITokens  []APIToken `yaml:"api_tokens"`
	// OwnMachine is the role of who opens the pages on HQ's own machine while
	// nobody can sign in; empty lets nobody in.
	OwnMachine string    `yaml:"own_machine"`
	Payment    HQPayment `yaml:"payment"`
	Orders     Orders    `yaml:"orders"`
	Chat       Chat      `yaml:"chat"`
	Carts      Carts     `yaml:"carts"`
	Log        Log       `yaml:"log"`
	Devices    Devices   `yaml:"devices"`
	Metrics    HQMetrics `yaml:"metrics"`
}

// APIToken lets a system use HQ's API.
type APIToken struct {
	Name   string `yaml:"name"`
	Role   string `yaml:"role"`   // one of tokenRoles
	SHA256 string `yaml:"sha256"` // of the token, hexadecimal; the token itself is nowhere
}

// tokenRoles lists what a token may be; a reader is a viewer by its older name.
func tokenRoles() []string {
	return []string{"viewer", "merchandiser", "operator", "manager", "admin", "reader"}
}

// Node is a gateway that HQ knows from the start.
type Node struct {
	Name string `yaml:"name"`
	Shop string `yaml:"shop"` // the id of the shop it stands in
	Key  string `yaml:"key"`  // the gateway's public key, see ParsePublicKey
}

// Webhook is an address that is told of events.
type Webhook struct {
	Name       string   `yaml:"name"`
	URL        string   `yaml:"url"`
	SecretFile string   `yaml:"secret_file" kind:"path"` // holds the secret alone
	SecretEnv  string   `yaml:"secret_env"`              // or the variable that does
	Events     []string `yaml:"events"`                  // types of event; empty means all
}

// Secret reads the secret, with which what is sent is signed.
func (w *Webhook) Secret() ([]byte, error) {
	if w.SecretEnv != "" {
		s := os.Getenv(w.SecretEnv)
		if s == "" {
			return nil, fmt.Errorf("webhook %s: the variable %s is empty", w.Name, w.SecretEnv)
		}
		return []byte(s), nil
	}
	b, err := readSmall(w.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("webhook %s: secret: %w", w.Name, err)
	}
	return bytes.TrimRight(b, "\r\n"), nil
}

// DefaultHQ is the configuration of which only the broker and the public URL
// are missing.
func DefaultHQ() *HQ {
	return &HQ{
		Addr:        "127.0.0.1:8090",
		OfficeHosts: []string{},
		Proxies:     []string{},
		Connections: 10_000,
		APITokens:   []APIToken{},
		OwnMachine:  "operator",
		OfficeAddr:  "127.0.0.1:8091",
		DataDir:     "/var/lib/mirrorcart-hq",
		ShopDir:     "/etc/mirrorcart/shop",
		Key:         "/var/lib/mirrorcart-hq/hq.key",
		BundleRoots: "/etc/mirrorcart/root.json",
		Webhooks:    []Webhook{},
		Carts:       Carts{Empty: 24 * time.Hour, Open: 720 * time.Hour, Closed: 720 * time.Hour},
		Payment: HQPayment{
			Transfer: defaultTransfer(), Apps: []BankApp{}, Timezone: "Asia/Ho_Chi_Minh",
			Casso: Casso{TokenHeader: "Secure-Token", SignatureHeader: "X-Casso-Signature", SignatureHash: "sha512"},
		},
		Orders:  defaultOrders(),
		Chat:    defaultChat(),
		Devices: Devices{Dir: "/var/lib/mirrorcart-hq/ca", Hosts: []string{}},
		Metrics: HQMetrics{Addr: "127.0.0.1:9181"},
	}
}

// LoadHQ reads a collector's configuration from the file and from environ, in
// the form of os.Environ. Its error names every fault; each is an *Error.
func LoadHQ(file string, environ []string) (*HQ, error) {
	h := DefaultHQ()
	if err := load(file, "MIRRORCART_HQ_", environ, h); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *HQ) check(c *checker) {
	c.listen("addr", h.Addr)
	if h.OfficeAddr != "" {
		c.listen("office_addr", h.OfficeAddr)
	}
	for _, host := range h.OfficeHosts {
		c.that("office_hosts", host != "" && !hasAny(host, "/: \t"), "%q is no host's name: write it without scheme, port and path, e.g. hq.example.com", host)
	}
	c.that("connections", h.Connections >= 16 && h.Connections <= 1_000_000, "%d is out of range: use 16 to 1000000", h.Connections)
	for _, proxy := range h.Proxies {
		_, err := ParseKiosk(proxy)
		c.that("proxies", err == nil, "%q: %v", proxy, err)
	}
	c.that("public_url", h.PublicURL != "", "the address that phones open is missing: e.g. https://cart.example.com")
	c.web("public_url", h.PublicURL)
	c.that("mqtt.url", h.MQTT.URL != "", "the broker is missing: e.g. mqtts://broker.example.com:8883")
	h.MQTT.check(c, "mqtt")
	c.path("data_dir", h.DataDir)
	c.path("shop_dir", h.ShopDir)
	c.path("key", h.Key)
	c.path("bundle_roots", h.BundleRoots)
	h.checkDatabase(c)
	h.Carts.check(c)
	h.Devices.check(c, h.Addr, h.OfficeAddr)
	h.Payment.check(c)
	h.Orders.check(c)
	h.Chat.check(c)
	Metrics{h.Metrics.Addr}.check(c, h.Addr, h.OfficeAddr)
	_, err := h.PartitionList()
	c.that("partitions", err == nil, "%v", err)
	named := map[string]bool{}
	for i, w := range h.Webhooks {
		c.name(key("webhooks", i, "name"), w.Name)
		c.that(key("webhooks", i, "name"), !named[w.Name], "%q is there twice", w.Name)
		named[w.Name] = true
		c.that(key("webhooks", i, "url"), w.URL != "", "the address is missing: e.g. https://erp.example.com/mirrorcart")
		u, err := url.Parse(w.URL)
		c.that(key("webhooks", i, "url"), err == nil && u.Hostname() != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())),
			"%q is no address for events: use https:// (http:// is for this machine)", w.URL)
		c.that(key("webhooks", i, "secret_file"), (w.SecretFile == "") != (w.SecretEnv == ""), "set secret_file or secret_env, one of the two")
	}
	for i, t := range h.APITokens {
		c.name(key("api_tokens", i, "name"), t.Name)
		c.that(key("api_tokens", i, "role"), slices.Contains(tokenRoles(), t.Role), "%q is no role: write one of %s", t.Role, strings.Join(tokenRoles(), ", "))
		sum, err := hex.DecodeString(t.SHA256)
		c.that(key("api_tokens", i, "sha256"), err == nil && len(sum) == 32, "this is no SHA-256: copy what `hq token` prints")
	}
	c.that("own_machine", h.OwnMachine == "" || slices.Contains(tokenRoles(), h.OwnMachine), "%q is no role: write one of %s, or leave it empty", h.OwnMachine, strings.Join(tokenRoles(), ", "))
	seen := map[string]bool{}
	for i, n := range h.Nodes {
		c.name(key("nodes", i, "name"), n.Name)
		c.that(key("nodes", i, "name"), !seen[n.Name], "%q is there twice", n.Name)
		seen[n.Name] = true
		c.name(key("nodes", i, "shop"), n.Shop)
		_, err := ParsePublicKey(n.Key)
		c.that(key("nodes", i, "key"), err == nil, "the gateway's public key is wrong (%v): copy what `edge keys` prints", err)
	}
}

func (h *HQ) checkDatabase(c *checker) {
	if h.Database == "" {
		c.that("database_password_file", h.DatabasePasswordFile == "", "there is no database that it would open: set database, or take this out")
		return
	}
	u, err := url.Parse(h.Database)
	c.that("database", err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Path != "" && u.Path != "/",
		"this is no PostgreSQL address: write e.g. postgres://hq@db.example.com/hq, or leave it empty for a file in data_dir")
	if err == nil {
		_, has := u.User.Password()
		c.that("database", !has, "a password does not belong into an address: use database_password_file, or the variable PGPASSWORD")
	}
	if h.DatabasePasswordFile != "" {
		c.path("database_password_file", h.DatabasePasswordFile)
	}
}

// DatabaseURL is the address of the database together with its password; empty
// means a file in DataDir.
func (h *HQ) DatabaseURL() (string, error) {
	if h.Database == "" || h.DatabasePasswordFile == "" {
		return h.Database, nil
	}
	password, err := readSmall(h.DatabasePasswordFile)
	if err != nil {
		return "", fmt.Errorf("database's password: %w", err)
	}
	u, err := url.Parse(h.Database)
	if err != nil {
		return "", errors.New("database: not a PostgreSQL address")
	}
	u.User = url.UserPassword(u.User.Username(), strings.TrimRight(string(password), "\r\n"))
	return u.String(), nil
}

const partitions = 64 // of the broker's topics

// PartitionList reads Partitions: numbers from 0 to 63 and ranges of them.
func (h *HQ) PartitionList() ([]int, error) {
	if h.Partitions == "" {
		return nil, nil
	}
	var list []int
	for part := range strings.SplitSeq(h.Partitions, ",") {
		low, high, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			high = low
		}
		from, ferr := strconv.Atoi(low)
		to, terr := strconv.Atoi(high)
		if ferr != nil || terr != nil || from < 0 || to < from || to >= partitions {
			return nil, fmt.Errorf("%q names no partitions: use numbers from 0 to %d, as in 0-31 or 0,5-7", h.Partitions, partitions-1)
		}
		for p := from; p <= to; p++ {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
