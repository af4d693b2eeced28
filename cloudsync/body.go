package cloudsync

import (
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Every body has a version V; the encoders set it, the decoders check it.

// Batch is a run of a lane's events. With N = 0 it is a probe: From = To+1,
// and HQ answers with its ack.
type Batch struct {
	V        int       `json:"v"`
	Node     string    `json:"node"`
	Epoch    string    `json:"epoch"`
	Lane     edge.Lane `json:"lane"`
	From     uint64    `json:"from"`
	To       uint64    `json:"to"`
	PrevHash edge.Hash `json:"prev_hash"` // of event From-1
	Hash     edge.Hash `json:"hash"`      // of event To
	N        int       `json:"n"`
	Events   eventList `json:"events,omitempty"`
	Opaque   *Opaque   `json:"opaque,omitempty"` // instead of one event
	Nonce    string    `json:"nonce,omitempty"`  // makes each probe's Ref its own
}

// Opaque is an event that HQ cannot take as JSON, byte for byte. When even
// that is too large, Withheld gives the size of what stays in the shop.
type Opaque struct {
	ID       []byte `json:"id"`
	Type     []byte `json:"type"`
	Time     int64  `json:"time"`
	Mono     int64  `json:"mono"`
	Subject  []byte `json:"subject,omitempty"`
	Data     []byte `json:"data,omitempty"`
	Withheld int    `json:"withheld,omitempty"` // bytes
}

// Probe asks HQ how far it is, and which hash it has at event at.
func (b *Batch) Probe() bool { return b.N == 0 }

// Ack is HQ's word, after its commit, of how far it holds a lane.
type Ack struct {
	V      int       `json:"v"`
	Ref    Ref       `json:"ref"`    // the batch it answers
	Ledger string    `json:"ledger"` // HQ's incarnation: another one may know less
	Node   string    `json:"node"`
	Epoch  string    `json:"epoch"`
	Lane   edge.Lane `json:"lane"`
	Mark   uint64    `json:"mark"` // all events to here are held
	Hash   edge.Hash `json:"hash"` // of event Mark
	// At is the lower of Mark and the batch's To, AtHash the hash of that
	// event: with it the shop finds where two histories part.
	At     uint64    `json:"at"`
	AtHash edge.Hash `json:"at_hash"`
	Fork   bool      `json:"fork,omitempty"` // HQ holds an event Mark+1 that does not follow Mark
	// Series, in the answer to a probe, is the highest receipt series that HQ
	// knows of the node. One above the shop's own says that the shop was put
	// back to an older state.
	Series uint32 `json:"series,omitempty"`
	// Clone, in the answer to a probe, says that two machines have written under
	// the node's name within a day.
	Clone bool `json:"clone,omitempty"`
	// Revoked says that the key which signed the batch was taken back: what is in
	// it is held, and set aside.
	Revoked bool        `json:"revoked,omitempty"`
	Missing [][2]uint64 `json:"missing,omitempty"`
	Credit  int         `json:"credit"` // batches HQ is ready to have in flight
	Time    time.Time   `json:"time"`   // HQ's clock
}

// Nack is HQ's word that it did not take a batch.
type Nack struct {
	V    int     `json:"v"`
	Ref  Ref     `json:"ref"`
	Code Refusal `json:"code"`
	Msg  string  `json:"msg"`
}

// Down is one message from HQ to a node. It takes effect on a node that has
// applied Prev and not yet N. Numbers follow HQ's clock, in milliseconds, so
// that an HQ restored from a backup never gives one out again.
type Down struct {
	V     int      `json:"v"`
	Node  string   `json:"node"`
	N     uint64   `json:"n"`
	Prev  uint64   `json:"prev"`            // the message before it of those HQ holds, 0 for the first
	Carts cartList `json:"carts,omitempty"` // at most 100
	Parts partList `json:"parts,omitempty"` // at most 200
}

// Confirm says which Down message took effect last.
type Confirm struct {
	V    int    `json:"v"`
	Node string `json:"node"`
	Down uint64 `json:"down"`
	// First marks the first of a connection. Only such a one may say that the
	// node was put back to a backup: others can overtake each other.
	First bool `json:"first,omitempty"`
}

// State says whether a node is connected. The will of a connection has the
// Session of its greeting, so a late will does not end a later connection.
type State struct {
	V       int    `json:"v"`
	Node    string `json:"node"`
	Session string `json:"session"`
	Up      bool   `json:"up"`
}
