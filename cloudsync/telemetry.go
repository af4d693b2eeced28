package cloudsync

import (
	"context"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Machine is what an uplink can tell HQ of the computer it runs on. All of it
// may be missing.
type Machine struct {
	Version string
	Started time.Time
	Disk    func() (free, total int64) // bytes, of the disk with the ledger
	Faults  func() []Fault             // what is out of order; names no person
}

const (
	sampleFaults = 5  // that a sample tells of
	faultPart    = 64 // bytes of a part's name
)

// FaultText is how many bytes HQ hears of what is wrong with a part, and how to mend
// it; more is cut, and ends with an ellipsis.
const FaultText = maxText

// faults are the newest of what is out of order, at most limit.
func (m *Machine) faults(limit int) (list []Fault) {
	if m.Faults == nil {
		return nil
	}
	all := m.Faults()
	for _, f := range all[max(0, len(all)-limit):] {
		f.Part = shorten(f.Part, faultPart)
		if len(f.Message) > FaultText {
			f.Message = shorten(f.Message, FaultText-len("…")) + "…"
		}
		list = append(list, f)
	}
	return list
}

// sendSamples sends how the node is every now and then. A sample is sent only
// when everything of the ledger is confirmed, is not kept and not repeated.
func (s *session) sendSamples(ctx context.Context) error {
	tick := time.NewTicker(s.c.Telemetry)
	defer tick.Stop()
	for {
		if err := s.sendSample(ctx); err != nil {
			s.shed.Add(1)
			s.c.Log.Debug("sample not sent", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (s *session) sendSample(ctx context.Context) error {
	if s.busy() {
		s.shed.Add(1)
		return nil
	}
	sample, err := s.sample(ctx)
	if err != nil {
		return err
	}
	body, err := sample.Encode()
	if err != nil {
		return err
	}
	topic := s.topic(BranchUp, LaneTele)
	return s.link.Publish(ctx, Message{Topic: topic, Payload: Seal(s.c.Key, KindSample, topic, body), Loose: true})
}

// sample says how the node is now.
func (s *session) sample(ctx context.Context) (*Sample, error) {
	m := s.c.Machine
	sample := &Sample{Node: s.c.Node, At: time.Now().UTC(), Version: m.Version, Shed: s.shed.Load()}
	if !m.Started.IsZero() {
		sample.Uptime = max(0, int64(time.Since(m.Started)/time.Second))
	}
	for _, lane := range edge.Lanes() {
		n, oldest, err := s.c.Outbox.Waiting(ctx, lane)
		if err != nil {
			return nil, err
		}
		sample.Lanes = append(sample.Lanes, LaneQueue{Lane: lane, Waiting: n, Oldest: oldest})
	}
	if m.Disk != nil {
		sample.DiskFree, sample.DiskTotal = m.Disk()
	}
	sample.Faults = m.faults(sampleFaults)
	if l, ok := s.link.(interface{ Dropped() uint64 }); ok {
		sample.Dropped = l.Dropped()
	}
	return sample, nil
}

// hqClock tells the time by HQ's clock, as of its last answer to a question put
// to it. Neither a replayed answer nor a jump of the shop's own clock moves it.
type hqClock struct {
	mu     sync.Mutex
	hq, at time.Time // what HQ's clock said, and when by the shop's
}

func (c *hqClock) set(hq time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !hq.IsZero() {
		c.hq, c.at = hq, time.Now()
	}
}

// now is the shop's own time as long as HQ has said nothing.
func (c *hqClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hq.IsZero() {
		return time.Now()
	}
	return c.hq.Add(time.Since(c.at))
}

// ClockOffset is how far HQ's clock is ahead of this machine's; ok is false as
// long as HQ has not told the time.
func (u *Uplink) ClockOffset() (ahead time.Duration, ok bool) {
	u.clock.mu.Lock()
	ok = !u.clock.hq.IsZero()
	u.clock.mu.Unlock()
	return u.clock.offset(), ok
}

// offset is how far HQ's clock is ahead.
func (c *hqClock) offset() time.Duration { return time.Until(c.now()) }
