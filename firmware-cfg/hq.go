package firmwarecfg

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// HQ is a collector's configuration, hq.yaml. Paths are absolute once loaded.
type HQ struct {
	// Addr is the host:port where phones open their carts, and OfficeAddr where
	// HQ's own people and systems find pages and API, which ask for no password;
	// empty means Addr. Port 0 takes a free one.
	Addr       string `yaml:"addr"`
	OfficeAddr string `yaml:"office_addr"`
	// OfficeHosts are the names, without port, that HQ's own pages answer to
	// beside IP addresses and localhost; requests for any other are refused.
	OfficeHosts []string `yaml:"office_hosts"`

	PublicURL string `yaml:"public_url"`
	MQTT      MQTT   `yaml:"mqtt"`
	DataDir   string `yaml:"data_dir" kind:"path"`
	ShopDir   string `yaml:"shop_dir" kind:"path"` // catalogue files and pictures, for names
	Key       string `yaml:"key" kind:"path"`      // HQ's private key, see LoadOrCreateKey
	// Database is a postgres:// URL, or empty for a file in DataDir. Its password
	// is better kept in DatabasePasswordFile.
	Database             string `yaml:"database"`
	DatabasePasswordFile string `yaml:"database_password_file" kind:"path"`
	Nodes                []Node `yaml:"nodes"`
	Log                  Log    `yaml:"log"`
}

// Node is a gateway that HQ knows from the start.
type Node struct {
	Name string `yaml:"name"`
	Shop string `yaml:"shop"` // the id of the shop it stands in
	Key  string `yaml:"key"`  // the gateway's public key, see ParsePublicKey
}

// DefaultHQ is the configuration of which only the broker and the public URL
// are missing.
func DefaultHQ() *HQ {
	return &HQ{
		Addr:        "127.0.0.1:8090",
		OfficeHosts: []string{},
		OfficeAddr:  "127.0.0.1:8091",
		DataDir:     "/var/lib/mirrorcart-hq",
		ShopDir:     "/etc/mirrorcart/shop",
		Key:         "/var/lib/mirrorcart-hq/hq.key",
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
	c.that("public_url", h.PublicURL != "", "the address that phones open is missing: e.g. https://cart.example.com")
	c.web("public_url", h.PublicURL)
	c.that("mqtt.url", h.MQTT.URL != "", "the broker is missing: e.g. mqtts://broker.example.com:8883")
	h.MQTT.check(c, "mqtt")
	c.path("data_dir", h.DataDir)
	c.path("shop_dir", h.ShopDir)
	c.path("key", h.Key)
	h.checkDatabase(c)
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
