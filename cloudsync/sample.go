package cloudsync

import (
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// LaneTele is the lane of telemetry. It has no numbers and no acks and is no
// part of the ledger: a sample that gets lost is missed by nobody.
const LaneTele edge.Lane = "tele"

const maxSample = 8 << 10 // bytes of a sample's body

// Sample is how a node is at one moment. It names no person.
type Sample struct {
	V         int         `json:"v"`
	Node      string      `json:"node"`
	At        time.Time   `json:"at"` // by the node's clock
	Version   string      `json:"version"`
	Uptime    int64       `json:"uptime"` // seconds since the program began
	Lanes     []LaneQueue `json:"lanes"`
	Shed      uint64      `json:"shed"`       // samples not sent since the program began, sales came first
	Dropped   uint64      `json:"dropped"`    // messages of HQ lost since the connection began, the reader was behind
	DiskFree  int64       `json:"disk_free"`  // bytes; with DiskTotal, 0 where it is not known
	DiskTotal int64       `json:"disk_total"` // bytes
	Faults    faultList   `json:"faults,omitempty"`
}

// DiskLow reports whether so little of a disk is free, in bytes of its total, that
// people are to make room: at headquarters and on the machine they are told alike.
func DiskLow(free, total int64) bool {
	const part = 10 // a tenth
	return total > 0 && free < total/part
}

// LaneQueue is what of a lane HQ has not confirmed.
type LaneQueue struct {
	Lane    edge.Lane `json:"lane"`
	Waiting uint64    `json:"waiting"`         // events
	Oldest  time.Time `json:"oldest,omitzero"` // when the first of them happened
}

// DecodeSample reads a sample and checks its form.
func DecodeSample(body []byte) (*Sample, error) {
	const op = "cloudsync.DecodeSample"
	if len(body) > maxSample {
		return nil, refuse(op, RefusedTooLarge, "%d bytes, at most %d", len(body), maxSample)
	}
	var s Sample
	if err := decodeJSON(op, body, &s, func() int { return s.V }); err != nil {
		return nil, err
	}
	if err := CheckNode(s.Node); err != nil {
		return nil, refuse(op, RefusedUndecodable, "%v", err)
	}
	if err := s.check(); err != nil {
		return nil, refuse(op, RefusedUndecodable, "%v", err)
	}
	return &s, nil
}

func (s *Sample) check() error {
	if len(s.Lanes) > len(edge.Lanes()) || len(s.Version) > maxText {
		return fmt.Errorf("%d lanes, a version of %d bytes", len(s.Lanes), len(s.Version))
	}
	for _, l := range s.Lanes {
		if !validLane(l.Lane) || l.Waiting > maxSeq {
			return fmt.Errorf("lane %.20q with %d events waiting", l.Lane, l.Waiting)
		}
	}
	if s.Uptime < 0 || s.DiskFree < 0 || s.DiskTotal < 0 {
		return errors.New("a negative uptime or disk size")
	}
	return nil
}

// Encode writes the JSON of the sample.
func (s *Sample) Encode() ([]byte, error) {
	s.V = version
	return encodeJSON("cloudsync.Sample.Encode", s)
}
