package firmwarecfg

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
	Nodes     []Node `yaml:"nodes"`
	Log       Log    `yaml:"log"`
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
