package edge

import (
	"context"
	"time"
)

// Archive is the ledger of all epochs, the present one and those before it, for
// whoever must answer what happened long ago. An epoch that is not known here is
// an Error of kind NotFound.
type Archive interface {
	// Epochs lists the epochs, oldest first; the last is the present one.
	Epochs(ctx context.Context) ([]string, error)
	// EpochHead is the last event of a lane in an epoch and its hash; 0 and the
	// zero hash where there is none.
	EpochHead(ctx context.Context, epoch string, lane Lane) (seq uint64, hash Hash, err error)
	// EpochHashAt is the hash of one event; the zero hash at seq 0, kind
	// NotFound beyond the head.
	EpochHashAt(ctx context.Context, epoch string, lane Lane, seq uint64) (Hash, error)
	// EpochEvents appends to dst the events after seq, in order, at most limit.
	EpochEvents(ctx context.Context, dst []Event, epoch string, lane Lane, after uint64, limit int) ([]Event, error)
	// EpochMark is how far HQ has confirmed a lane of an epoch.
	EpochMark(ctx context.Context, epoch string, lane Lane) (uint64, error)
	// Snapshot is the shop's state, all of one moment.
	Snapshot(ctx context.Context) (*Snapshot, error)
}

// Snapshot is what a shop has, as of one moment.
type Snapshot struct {
	At       time.Time
	Lanes    []LaneReach   // every lane of every epoch, oldest epoch first
	Receipts []Receipt     // the last number given out of each till and series
	Stock    map[SKU]int64 // pieces of each SKU
	Carts    []*Cart       // that have lines and are not paid, newest first
}

// LaneReach is how far a lane of an epoch goes, and how far HQ has confirmed it.
type LaneReach struct {
	Epoch string `json:"epoch"`
	Lane  Lane   `json:"lane"`
	Head  uint64 `json:"head"`
	Hash  Hash   `json:"hash"` // of event Head
	Mark  uint64 `json:"mark"`
}

// CommandLog remembers what HQ asked the shop to do, so that a command that
// arrives again is answered again and not done again.
type CommandLog interface {
	// BeginCommand remembers a command until exp. Where it is known already,
	// known is true and before is what is remembered of it; digest of another
	// command under the same id is a Conflict.
	BeginCommand(ctx context.Context, id string, digest Hash, exp time.Time) (before CommandMemory, known bool, err error)
	// NoteProgress remembers how far a command has come.
	NoteProgress(ctx context.Context, id string, done uint64) error
	// NoteAnswer adds to the answers of a command; final says it is the last.
	NoteAnswer(ctx context.Context, id string, answer []byte, final bool) error
	// ForgetCommands deletes the commands that expired before a time.
	ForgetCommands(ctx context.Context, before time.Time) error
}

// CommandMemory is what is remembered of a command.
type CommandMemory struct {
	Done     uint64   // progress
	Answers  [][]byte // in order
	Finished bool     // the last answer is there
}
