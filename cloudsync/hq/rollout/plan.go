package rollout

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxRings = 10
	maxSoak  = 30 * 24 * time.Hour
)

// Plan says how a bundle reaches the gateways.
type Plan struct {
	Rings     []Ring            `json:"rings"`
	Soak      time.Duration     `json:"soak"`       // nanoseconds; a ring works for so long before the next one begins
	Tolerance int               `json:"tolerance"`  // per cent of those told; more that fail stop the rollout
	Enough    int               `json:"enough"`     // per cent of those told who must run it before the soak begins; in the first ring all
	NotBefore time.Time         `json:"not_before"` // zero for at once
	Window    *cloudsync.Window `json:"window"`     // of each shop's own clock; nil for any time of day
}

// DefaultPlan is one gateway, 5 %, 25 %, all; half an hour each.
func DefaultPlan() Plan {
	return Plan{Rings: []Ring{{Gateways: 1}, {Percent: 5}, {Percent: 25}, {Percent: 100}}, Soak: 30 * time.Minute, Tolerance: 2, Enough: 90}
}

// Check refuses a plan that cannot be followed.
func (p *Plan) Check() error {
	const op = "rollout.Plan.Check"
	bad := func(format string, args ...any) error { return edge.Errorf(op, edge.Invalid, format, args...) }
	if len(p.Rings) == 0 || len(p.Rings) > maxRings || p.Rings[len(p.Rings)-1].Percent != 100 {
		return bad("rings %v: name 1 to %d, the last of them 100%%", p.Rings, maxRings)
	}
	for i, r := range p.Rings {
		if i > 0 && (r.Percent < p.Rings[i-1].Percent || r.Percent == 0 && r.Gateways <= p.Rings[i-1].Gateways) {
			return bad("ring %s after %s: each must be larger than the one before it", r, p.Rings[i-1])
		}
	}
	switch {
	case p.Soak < 0 || p.Soak > maxSoak:
		return bad("a soak of %s: use 0 to %s", p.Soak, maxSoak)
	case p.Tolerance < 0 || p.Tolerance > 100:
		return bad("%d %% that may fail: use 0 to 100", p.Tolerance)
	case p.Enough < 1 || p.Enough > 100:
		return bad("%d %% that are enough: use 1 to 100", p.Enough)
	case p.Window != nil:
		return p.Window.Check()
	}
	return nil
}

// Ring is how many gateways have the bundle once a ring is full: a number, or a
// part of all.
type Ring struct{ Gateways, Percent int }

// of is the ring's number of gateways out of all, 1 at least where there is one.
func (r Ring) of(all int) int {
	if r.Percent > 0 {
		return (all*r.Percent + 99) / 100
	}
	return min(r.Gateways, all)
}

// String writes 12 or 25%.
func (r Ring) String() string {
	if r.Percent > 0 {
		return fmt.Sprintf("%d%%", r.Percent)
	}
	return strconv.Itoa(r.Gateways)
}

// MarshalText writes the ring as String does.
func (r Ring) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what String writes.
func (r *Ring) UnmarshalText(b []byte) error {
	const op = "rollout.Ring"
	text, percent := strings.CutSuffix(strings.TrimSpace(string(b)), "%")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000 || percent && n > 100 {
		return edge.Errorf(op, edge.Invalid, "%.20q is no ring: write a number of gateways, or a part of all as 25%%", b)
	}
	if *r = (Ring{Gateways: n}); percent {
		*r = Ring{Percent: n}
	}
	return nil
}

// ParseRings reads rings as in 1,5%,25%,100%.
func ParseRings(s string) ([]Ring, error) {
	var rings []Ring
	for part := range strings.SplitSeq(s, ",") {
		var r Ring
		if err := r.UnmarshalText([]byte(part)); err != nil {
			return nil, err
		}
		rings = append(rings, r)
	}
	return rings, nil
}
