package cloudsync

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/mirrorcart/mirrorcart/edge"
)

// DigestBlock is how many events one digest stands for. Block k of a lane holds
// the events 1000·k+1 to 1000·(k+1), as far as they are there.
const DigestBlock = 1000

// Digest is a block's fingerprint: SHA-256 over the domain tag
// "mirrorcart digest 1" and a zero byte, the first event's number (64 bit, big
// endian), and the hash of each event in order. Each hash is computed anew from
// the event as it is stored and from the stored hash of the one before it, so a
// block differs where an event was altered or is missing, and the blocks after
// it do not. Only of an event that HQ could not take as it was (it came opaque
// or withheld) HQ uses the hash that was signed.
type Digest struct {
	From uint64    `json:"from"`
	To   uint64    `json:"to"`
	Hash edge.Hash `json:"hash"`
}

// Digester makes the digests of a run of events. Its zero value is ready.
type Digester struct {
	sum      hash.Hash
	from, to uint64
	list     []Digest
}

// Add takes in the next event's number and hash. Numbers must rise; one that is
// left out is missing from its block.
func (d *Digester) Add(seq uint64, h edge.Hash) {
	if d.sum != nil && block(seq) != block(d.from) {
		d.end()
	}
	if d.sum == nil {
		d.sum, d.from = sha256.New(), seq
		d.sum.Write([]byte("mirrorcart digest 1\x00"))
		d.sum.Write(binary.BigEndian.AppendUint64(nil, seq))
	}
	d.sum.Write(h[:])
	d.to = seq
}

func block(seq uint64) uint64 { return (seq - 1) / DigestBlock }

// BlockStart is the first number of the block that holds seq, 1 for 0.
func BlockStart(seq uint64) uint64 { return block(max(seq, 1))*DigestBlock + 1 }

func (d *Digester) end() {
	d.list = append(d.list, Digest{From: d.from, To: d.to, Hash: edge.Hash(d.sum.Sum(nil))})
	d.sum = nil
}

// Whole takes out the digests of the blocks that are finished.
func (d *Digester) Whole() []Digest {
	list := d.list
	d.list = nil
	return list
}

// End takes out all digests, the last one's block finished or not.
func (d *Digester) End() []Digest {
	if d.sum != nil {
		d.end()
	}
	return d.Whole()
}

// Differing lists the blocks, as first and last possible number, in which two
// lists of digests of the same lane differ, in order.
func Differing(a, b []Digest) [][2]uint64 {
	var list [][2]uint64
	add := func(d Digest) {
		first := BlockStart(d.From)
		list = append(list, [2]uint64{first, first + DigestBlock - 1})
	}
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && block(a[0].From) < block(b[0].From):
			add(a[0])
			a = a[1:]
		case len(a) == 0 || block(b[0].From) < block(a[0].From):
			add(b[0])
			b = b[1:]
		default:
			if a[0] != b[0] {
				add(a[0])
			}
			a, b = a[1:], b[1:]
		}
	}
	return list
}
