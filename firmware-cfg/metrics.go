package firmwarecfg

import "strings"

// Metrics is where a program shows how it fares, to those who keep it running.
type Metrics struct {
	Addr string `yaml:"addr"` // host:port; empty for nowhere
}

// HQMetrics is the same at headquarters.
type HQMetrics struct {
	Addr    string `yaml:"addr"`
	PerNode bool   `yaml:"per_node"` // figures of each gateway too
}

// check refuses an address that is one of the others.
func (m Metrics) check(c *checker, others ...string) {
	if m.Addr == "" {
		return
	}
	c.listen("metrics.addr", m.Addr)
	for _, other := range others {
		c.that("metrics.addr", m.Addr != other || strings.HasSuffix(other, ":0"), "%s is taken: give the metrics an address of their own", m.Addr)
	}
}
