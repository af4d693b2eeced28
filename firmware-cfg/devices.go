package firmwarecfg

// Devices is HQ's own certificate authority, and its door for gateways.
type Devices struct {
	Dir     string   `yaml:"dir" kind:"path"`     // of the authority
	Addr    string   `yaml:"addr"`                // host:port of the door; empty for none
	Hosts   []string `yaml:"hosts"`               // by which gateways call it
	Only    bool     `yaml:"only"`                // nothing of gateways is taken elsewhere
	Revoked string   `yaml:"revoked" kind:"path"` // the revocation list, for a broker; empty for none
}

func (d Devices) check(c *checker, taken ...string) {
	c.path("devices.dir", d.Dir)
	if d.Addr == "" {
		c.that("devices.only", !d.Only, "there is no door: set devices.addr, e.g. 0.0.0.0:8443")
		return
	}
	addrs := map[string]bool{}
	for _, addr := range taken {
		addrs[addr] = addr != ""
	}
	c.tls("devices.addr", d.Addr, addrs)
	c.that("devices.hosts", len(d.Hosts) > 0, "the door has no name: write by which names or IP addresses gateways call it, e.g. [gateways.example.com]")
	for _, host := range d.Hosts {
		c.that("devices.hosts", host != "" && !hasAny(host, "/ \t"), "%q is no host's name: write it without scheme, port and path", host)
	}
}
