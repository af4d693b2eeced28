package cloudsync

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Limits of commands and their answers.
const (
	maxCmd     = 4 << 10 // bytes of a command's body
	maxText    = 500     // bytes of a message for people
	maxEpoch   = 64      // characters
	MaxDigests = 500     // of one answer
	MaxStock   = 2000    // SKUs of one answer
	maxMarks   = 1000    // lanes and receipt series of one answer, of each
	maxFaults  = 50      // of one diagnosis
	maxParts   = 2000    // answers with results to one command
)

// Op is what a command asks of a node.
type Op string

// The operations.
const (
	// OpRange sends events From to To of a lane again on the lane's up topic;
	// To = 0 means up to the head.
	OpRange Op = "range"
	// OpResendFrom sends all events from From on again.
	OpResendFrom Op = "resend_from"
	// OpDigest answers with the Digests of the lane from the block that holds
	// From up to event To; From = 0 begins at the first event, To = 0 ends at
	// the head.
	OpDigest Op = "digest"
	// OpSnapshot answers with stock, open carts, receipt series and marks.
	OpSnapshot Op = "snapshot"
	// OpDiagnostics answers with how the node is.
	OpDiagnostics Op = "diagnostics"
)

// Ops lists the operations.
func Ops() []Op { return []Op{OpRange, OpResendFrom, OpDigest, OpSnapshot, OpDiagnostics} }

// Cmd is a command of HQ for one node. A node does it at most once however often
// it arrives, and answers every time.
type Cmd struct {
	V    int       `json:"v"`
	ID   string    `json:"id"` // UUIDv7
	Node string    `json:"node"`
	Op   Op        `json:"op"`
	Args Args      `json:"args"`
	Exp  time.Time `json:"exp"` // by HQ's clock; not begun later than this
}

// Args say what of the ledger a command is about. OpSnapshot and OpDiagnostics
// have none.
type Args struct {
	Epoch string    `json:"epoch,omitempty"` // empty: the present one
	Lane  edge.Lane `json:"lane,omitempty"`
	From  uint64    `json:"from,omitempty"`
	To    uint64    `json:"to,omitempty"` // with OpRange and OpDigest
}

// Check refuses arguments that do not belong to op. Its error is an edge.Error
// of kind Invalid.
func (a Args) Check(op Op) error {
	const where = "cloudsync.Args.Check"
	bad := func(format string, args ...any) error { return edge.Errorf(where, edge.Invalid, format, args...) }
	switch op {
	case OpSnapshot, OpDiagnostics:
		if a != (Args{}) {
			return bad("%s takes no epoch, lane or range: leave them out", op)
		}
		return nil
	case OpRange, OpResendFrom, OpDigest:
	default:
		return bad("there is no command %.40q: use one of %v", op, Ops())
	}
	switch {
	case !validLane(a.Lane):
		return bad("lane %.20q: use one of %v", a.Lane, edge.Lanes())
	case len(a.Epoch) > maxEpoch:
		return bad("epoch of %d characters, at most %d", len(a.Epoch), maxEpoch)
	case a.From > maxSeq || a.To > maxSeq || a.To != 0 && a.To < a.From:
		return bad("events %d to %d are no range", a.From, a.To)
	case op != OpDigest && a.From == 0:
		return bad("%s begins at an event from 1 on: set from", op)
	case op == OpResendFrom && a.To != 0:
		return bad("%s goes on to the last event: leave out to, or use %s", op, OpRange)
	}
	return nil
}

// CmdStatus is how a command stands at the node.
type CmdStatus string

// The statuses. The last three are final.
const (
	CmdAccepted CmdStatus = "accepted" // waits its turn
	CmdRunning  CmdStatus = "running"
	CmdDone     CmdStatus = "done"
	CmdRefused  CmdStatus = "refused" // will not be done; the message says why
	CmdFailed   CmdStatus = "failed"  // was begun; the message says why it ended
)

// Final reports whether nothing follows this status.
func (s CmdStatus) Final() bool { return s == CmdDone || s == CmdRefused || s == CmdFailed }

// Rsp is a node's answer to a command. Many may come, in any order and more
// than once: progress, parts of the result numbered from 1, and at the end one
// whose status is final and that says how many parts there are.
type Rsp struct {
	V       int       `json:"v"`
	Node    string    `json:"node"`
	ID      string    `json:"id"` // of the command
	Status  CmdStatus `json:"status"`
	Done    uint64    `json:"done"` // of Total; events, or entries of a snapshot
	Total   uint64    `json:"total"`
	Part    int       `json:"part,omitempty"`  // which part of the result this is; 0 for none
	Parts   int       `json:"parts,omitempty"` // with a final status: how many there are
	Result  *Result   `json:"result,omitempty"`
	Message string    `json:"message,omitempty"` // for people
}

// Result is one part of what a command asked for. What is not asked for, or is
// in another part, is empty.
type Result struct {
	Epoch       string       `json:"epoch,omitempty"` // of the digests
	Lane        edge.Lane    `json:"lane,omitempty"`
	Digests     digestList   `json:"digests,omitempty"`
	At          time.Time    `json:"at,omitzero"` // of the snapshot, by the shop's clock
	Marks       markList     `json:"marks,omitempty"`
	Receipts    receiptList  `json:"receipts,omitempty"`
	Stock       stockList    `json:"stock,omitempty"`
	Carts       cartList     `json:"carts,omitempty"`
	Diagnostics *Diagnostics `json:"diagnostics,omitempty"`
}

// StockLevel is what a shop has of one SKU.
type StockLevel struct {
	SKU      edge.SKU `json:"sku"`
	Quantity int64    `json:"quantity"`
}

// Diagnostics say how a node is. They name no person.
type Diagnostics struct {
	Version     string    `json:"version"`
	Go          string    `json:"go"`     // of the compiler
	System      string    `json:"system"` // as linux/amd64
	Epoch       string    `json:"epoch"`
	ClockOffset int64     `json:"clock_offset"` // milliseconds that HQ's clock is ahead
	Sample      Sample    `json:"sample"`
	Faults      faultList `json:"faults,omitempty"` // newest last
}

// Fault is something that is out of order, or was.
type Fault struct {
	At      time.Time `json:"at"`
	Part    string    `json:"part"` // of the node
	Message string    `json:"message"`
}

// DecodeCmd reads a command and checks its form.
func DecodeCmd(body []byte) (*Cmd, error) {
	const op = "cloudsync.DecodeCmd"
	if len(body) > maxCmd {
		return nil, refuse(op, RefusedTooLarge, "%d bytes, at most %d", len(body), maxCmd)
	}
	var c Cmd
	if err := decodeJSON(op, body, &c, func() int { return c.V }); err != nil {
		return nil, err
	}
	if err := CheckNode(c.Node); err != nil {
		return nil, refuse(op, RefusedUndecodable, "%v", err)
	}
	if err := checkCmdID(op, c.ID); err != nil {
		return nil, err
	}
	if c.Exp.IsZero() {
		return nil, refuse(op, RefusedUndecodable, "command %s never expires", c.ID)
	}
	return &c, nil
}

// checkCmdID wants a UUIDv7 in its usual form.
func checkCmdID(op, id string) error {
	u, err := uuid.Parse(id)
	if err != nil || u.Version() != 7 || u.String() != id {
		return refuse(op, RefusedUndecodable, "command id %.40q is no UUIDv7", id)
	}
	return nil
}

// Encode writes the JSON of the command.
func (c *Cmd) Encode() ([]byte, error) {
	c.V = version
	return encodeJSON("cloudsync.Cmd.Encode", c)
}

// EncodeRsp writes zstd(JSON).
func (c *Codec) EncodeRsp(r *Rsp) ([]byte, error) {
	r.V = version
	return c.pack("cloudsync.Codec.EncodeRsp", r)
}

// DecodeRsp reads an answer and checks its form.
func (c *Codec) DecodeRsp(body []byte) (*Rsp, error) {
	const op = "cloudsync.Codec.DecodeRsp"
	var r Rsp
	if err := c.unpack(op, body, &r, func() int { return r.V }); err != nil {
		return nil, err
	}
	if err := CheckNode(r.Node); err != nil {
		return nil, refuse(op, RefusedUndecodable, "%v", err)
	}
	if err := checkCmdID(op, r.ID); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, refuse(op, RefusedUndecodable, "answer to %s: %v", r.ID, err)
	}
	return &r, nil
}

func (r *Rsp) check() error {
	switch r.Status {
	case CmdAccepted, CmdRunning, CmdDone, CmdRefused, CmdFailed:
	default:
		return fmt.Errorf("status %.20q is unknown", r.Status)
	}
	switch {
	case r.Done > maxSeq || r.Total > maxSeq:
		return fmt.Errorf("progress %d of %d", r.Done, r.Total)
	case r.Part < 0 || r.Part > maxParts || r.Parts < 0 || r.Parts > maxParts:
		return fmt.Errorf("part %d of %d", r.Part, r.Parts)
	case (r.Part == 0) != (r.Result == nil):
		return fmt.Errorf("part %d without its result, or a result that is no part", r.Part)
	case len(r.Message) > maxText:
		return fmt.Errorf("a message of %d bytes, at most %d", len(r.Message), maxText)
	case r.Result == nil:
		return nil
	}
	return r.Result.check()
}

func (r *Result) check() error {
	last := uint64(0)
	for _, d := range r.Digests {
		if d.From <= last || d.To < d.From || d.To > maxSeq {
			return fmt.Errorf("digest of events %d to %d after %d", d.From, d.To, last)
		}
		last = d.To
	}
	for _, c := range r.Carts {
		if c == nil {
			return fmt.Errorf("an empty cart")
		}
	}
	if len(r.Epoch) > maxEpoch {
		return fmt.Errorf("epoch of %d characters, at most %d", len(r.Epoch), maxEpoch)
	}
	if r.Diagnostics != nil {
		return r.Diagnostics.Sample.check()
	}
	return nil
}

// shorten cuts s to at most n bytes, between characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
