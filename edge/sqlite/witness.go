package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// witnessEvery bounds how far the witness may be behind the database.
const witnessEvery = time.Minute

// testimony is what is known of a gateway's ledger outside its database. A
// database that cannot confirm it is an older one, put back by hand, or runs on
// another machine; it must not go on in the receipt series it finds inside.
type testimony struct {
	V       int                    `json:"v"`
	Node    string                 `json:"node"`
	Machine string                 `json:"machine,omitempty"` // fingerprint, empty where it is not known
	Series  uint32                 `json:"series"`            // the highest that was ever begun
	Epoch   string                 `json:"epoch"`
	Lanes   map[edge.Lane]position `json:"lanes"`
}

// position is a lane's event and the hash there.
type position struct {
	Seq  uint64    `json:"seq"`
	Hash edge.Hash `json:"hash"`
}

// witness keeps the testimony in a small file. The file is durable before a
// series' first receipt; otherwise it follows from time to time, so that no
// sale waits for it.
type witness struct {
	path string

	mu     sync.Mutex
	last   testimony
	state  witnessState
	failed error // of the last note
}

type witnessState int

const (
	witnessNone    witnessState = iota // there is no file
	witnessGood                        // last is what the file says
	witnessDamaged                     // the file says nothing that can be understood
)

const testimonyVersion = 1

// callWitness reads the file; a nil witness where no file is kept. One that
// cannot be read says nothing: the till sells, in a series that nobody had.
func callWitness(path, node, machine string) (*witness, error) {
	if path == "" {
		return nil, nil
	}
	w := &witness{path: path, last: testimony{V: testimonyVersion, Node: node, Machine: machine}}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return w, nil
	case err != nil:
		w.state, w.failed = witnessDamaged, err
		return w, nil
	}
	var said testimony
	if err := json.Unmarshal(text, &said); err != nil || said.V != testimonyVersion {
		w.state = witnessDamaged
		return w, nil
	}
	if said.Node != node {
		return nil, edge.Errorf("sqlite.Open", edge.Conflict, "%s is the witness of gateway %q, this is gateway %q: correct the settings, or give this gateway a key file of its own", path, said.Node, node)
	}
	w.last, w.state = said, witnessGood
	return w, nil
}

// series is the highest series that the witness knows of.
func (w *witness) series() uint32 {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last.Series
}

// begin makes the file say, durably, that e has begun. Where it cannot be
// written note tries again.
func (w *witness) begin(e *epoch, machine string) error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	said := testimony{
		V: testimonyVersion, Node: w.last.Node, Machine: machine,
		Series: max(e.n, w.last.Series), Epoch: e.id, Lanes: map[edge.Lane]position{},
	}
	if w.failed = w.write(said); w.failed != nil {
		w.last = said
	}
	return w.failed
}

// note makes the file follow the heads of e's lanes. What is known of another
// epoch stays.
func (w *witness) note(e *epoch, heads map[edge.Lane]position) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last.Epoch != e.id || sameHeads(w.last.Lanes, heads) && w.failed == nil {
		return nil
	}
	said := w.last
	said.Series, said.Lanes = max(e.n, said.Series), heads
	w.failed = w.write(said)
	return w.failed
}

func sameHeads(a, b map[edge.Lane]position) bool {
	for _, lane := range edge.Lanes() {
		if a[lane] != b[lane] {
			return false
		}
	}
	return true
}

func (w *witness) write(said testimony) error {
	text, err := json.Marshal(said)
	if err == nil {
		err = writeDurably(w.path, text)
	}
	if err != nil {
		return fmt.Errorf("sqlite: writing the ledger's witness: %w", err)
	}
	w.last, w.state = said, witnessGood
	return nil
}

// writeDurably replaces a file: whoever opens it finds the old text or the new
// one, also after a power cut.
func writeDurably(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone by then, if all went well
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(path)
}

// doubt is why a database may not go on in its epoch. stranger says that
// somebody unknown may have gone on in it elsewhere, so that the next series is
// no safe choice either.
type doubt struct {
	why      string
	stranger bool
}

// unwitnessed is the version of the schema whose databases never had a witness.
const unwitnessed = 1

// doubtOf hears the witness on the present epoch; nil where all is well.
func (t *tx) doubtOf(ctx context.Context, e *epoch) (*doubt, error) {
	w := t.db.witness
	if w == nil {
		return nil, nil
	}
	w.mu.Lock()
	said, state := w.last, w.state
	w.mu.Unlock()
	here := t.db.opt.Machine
	switch {
	case state == witnessNone && t.db.was == unwitnessed:
		return nil, w.begin(e, here)
	case state == witnessNone:
		return &doubt{"nothing beside the device key tells of this database: it may be an old copy", true}, nil
	case state == witnessDamaged:
		return &doubt{"what is kept of it beside the device key is damaged: it may be an old copy", true}, nil
	case said.Machine != "" && here != "" && said.Machine != here:
		return &doubt{"the database was last used on another machine, which may still sell", true}, nil
	case said.Epoch != e.id:
		return &doubt{"the database is from before the present epoch: it is an old copy", false}, nil
	}
	for lane, p := range said.Lanes {
		h, err := hashAt(ctx, t.conn, e.n, lane, p.Seq)
		switch {
		case err != nil && edge.KindOf(err) != edge.NotFound:
			return nil, err
		case err != nil:
			return &doubt{fmt.Sprintf("the database lacks event %d of lane %s, which it had before: it is an old copy", p.Seq, lane), false}, nil
		case h != p.Hash:
			return &doubt{fmt.Sprintf("event %d of lane %s is another one than before: it is a copy that went its own way", p.Seq, lane), true}, nil
		}
	}
	return nil, nil
}

// heads are the last events of the present epoch's lanes.
func (db *DB) heads(ctx context.Context) (*epoch, map[edge.Lane]position, error) {
	e := db.epoch.Load()
	heads := map[edge.Lane]position{}
	for _, lane := range edge.Lanes() {
		seq, h, err := head(ctx, db.reader, e.n, lane)
		if err != nil {
			return nil, nil, fault("sqlite.heads", err)
		}
		heads[lane] = position{seq, h}
	}
	return e, heads, nil
}

// tell lets the witness know where the ledger stands.
func (db *DB) tell(ctx context.Context) error {
	if db.witness == nil || db.epoch.Load() == nil {
		return nil
	}
	e, heads, err := db.heads(ctx)
	if err != nil {
		return err
	}
	return db.witness.note(e, heads)
}
