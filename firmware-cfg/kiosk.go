package firmwarecfg

import (
	"strings"
	"time"
)

// MainKiosk is the name of the kiosk that http, camera and mirror describe.
const MainKiosk = "main"

// maxKiosks bounds how many more kiosks one gateway serves.
const maxKiosks = 15

// Kiosk is one more kiosk of the gateway, beside the one that http, camera and
// mirror describe.
type Kiosk struct {
	ID   string `yaml:"id"`   // in the log
	Addr string `yaml:"addr"` // host:port of its pages; port 0 takes a free one
	// TLSAddr is a second address, with the certificate under http; empty for
	// none.
	TLSAddr string `yaml:"tls_addr"`
	// Screens are those beside this machine's own that may run its mirror, each
	// as ParseKiosk reads it.
	Screens []string `yaml:"screens"`
	Camera  Camera   `yaml:"camera"`
	Mirror  Mirror   `yaml:"mirror"`
}

// UnmarshalYAML fills in what the file leaves out as DefaultEdge has it, but for
// the camera, which no two kiosks share.
func (k *Kiosk) UnmarshalYAML(decode func(any) error) error {
	type plain Kiosk
	d := DefaultEdge()
	out := plain{Camera: d.Camera, Mirror: d.Mirror}
	out.Camera.Source = ""
	if err := decode(&out); err != nil {
		return err
	}
	*k = Kiosk(out)
	return nil
}

func (e *Edge) checkKiosks(c *checker) {
	c.that("kiosks", len(e.Kiosks) <= maxKiosks, "%d more kiosks: a gateway serves %d at most", len(e.Kiosks), maxKiosks)
	ids, addrs, devices := map[string]bool{MainKiosk: true}, map[string]bool{e.HTTP.Addr: true, e.HTTP.TLSAddr: true}, map[string]bool{e.Camera.Source: true}
	for i, k := range e.Kiosks {
		at := func(name string) string { return key("kiosks", i, name) }
		c.name(at("id"), k.ID)
		c.that(at("id"), !ids[k.ID], "%q is there twice", k.ID)
		c.listen(at("addr"), k.Addr)
		c.that(at("addr"), !addrs[k.Addr] || strings.HasSuffix(k.Addr, ":0"), "%s is another kiosk's: each needs a port of its own", k.Addr)
		c.that(at("camera.source"), !devices[k.Camera.Source] || !strings.HasPrefix(k.Camera.Source, "/dev/"), "%s is another kiosk's camera", k.Camera.Source)
		ids[k.ID], addrs[k.Addr], devices[k.Camera.Source] = true, true, true
		c.tls(at("tls_addr"), k.TLSAddr, addrs)
		addrs[k.TLSAddr] = true
		c.that(at("camera.source"), sealedPush(k.Camera, k.Addr, k.TLSAddr), "a tablet's pictures must come over TLS: set %s, e.g. 0.0.0.0:8444", at("tls_addr"))
		c.screens(at("screens"), k.Screens)
		var own checker
		k.Camera.check(&own)
		k.Mirror.check(&own)
		for _, f := range own.faults {
			c.faults = append(c.faults, fault{at(f.key), f.msg})
		}
	}
}

func (c *checker) screens(key string, screens []string) {
	for _, s := range screens {
		_, err := ParseKiosk(s)
		c.that(key, err == nil, "%q is no kiosk's address: %v", s, err)
	}
}

func (m Mirror) check(c *checker) {
	c.between("mirror.max_faces", m.MaxFaces, 1, 4)
	c.that("mirror.idle_timeout", m.IdleTimeout >= 5*time.Second && m.IdleTimeout <= time.Hour, "%v is out of range: use 5s to 1h", m.IdleTimeout)
	c.that("mirror.gone_timeout", m.GoneTimeout == 0 || m.GoneTimeout >= 10*time.Second && m.GoneTimeout <= time.Hour, "%v is out of range: use 10s to 1h, or 0s for never", m.GoneTimeout)
}
