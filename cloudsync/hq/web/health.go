package web

import (
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// What a person should know of a machine.
const (
	clockOff = time.Minute // that the machine's clock may be wrong
	clockFew = 5 * time.Second
)

// fact is something about a machine.
type fact struct {
	Text string
	Bad  bool
}

// healthView is how a gateway's machine is, as it last told.
type healthView struct {
	Facts   []fact
	Bad     bool
	Told    string // when
	Version string
	Running string
}

func (p *Pages) health(w words, now time.Time, s *cloudsync.Sample, received time.Time) healthView {
	v := healthView{Told: w.T("health_of", w.age(now.Sub(received))), Version: s.Version}
	if s.Uptime > 0 {
		v.Running = w.T("running", w.span(time.Duration(s.Uptime)*time.Second))
	}
	add := func(bad bool, text string) {
		v.Facts, v.Bad = append(v.Facts, fact{text, bad}), v.Bad || bad
	}
	if s.DiskTotal > 0 {
		low, name := cloudsync.DiskLow(s.DiskFree, s.DiskTotal), "disk_free"
		if low {
			name = "disk_full"
		}
		add(low, w.T(name, int(s.DiskFree*100/s.DiskTotal), w.bytes(s.DiskFree)))
	}
	switch off := s.At.Sub(received); {
	case off.Abs() <= clockFew:
		add(false, w.T("clock_right"))
	case off > 0:
		add(off > clockOff, w.T("clock_ahead", w.span(off)))
	default:
		add(-off > clockOff, w.T("clock_behind", w.span(-off)))
	}
	for _, f := range s.Faults {
		add(true, w.known("part_", f.Part)+": "+f.Message)
	}
	if len(s.Faults) == 0 {
		add(false, w.T("no_faults"))
	}
	return v
}
