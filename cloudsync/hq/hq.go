package hq

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

// Options say where HQ's ledger lies and who HQ is. Path to Log are needed.
type Options struct {
	Path  string             // the database: a file, made when it is not there, or a postgres:// URL
	Key   ed25519.PrivateKey // signs acks and downlink messages
	Now   func() time.Time
	NewID func() string // unique names
	Log   *slog.Logger
	// Places say how people call the shops, by their ids; those left out are
	// called by these.
	Places map[string]edge.Place
	// Persons are the master keys by which names, addresses and what is said in chat
	// apps are sealed; nil for one that is made of Key.
	Persons *person.Keys
	// Deleted is a file in which stands who was deleted, so that a backup of the
	// database brings nobody back; empty for none.
	Deleted string
	// Committed, where set, is told how long each transaction took that took in what
	// shops sent. It must not block.
	Committed func(time.Duration)
	// Refused, where set, is told what somebody tried who is no gateway of ours, and
	// with whose key or certificate, where HQ knows. It must not block.
	Refused func(what Refused, node string)
	// Authority signs the certificates of gateways; nil where they come another way.
	Authority *authority.Authority
}

// HQ is headquarters' ledger.
type HQ struct {
	key     ed25519.PrivateKey
	now     func() time.Time
	log     *slog.Logger
	codec   *cloudsync.Codec
	db      *database.DB
	newID   func() string
	places  map[string]edge.Place // of shops, by their ids
	persons *person.Keys
	deleted *deletedList
	traces  atomic.Bool // of deleted persons may be in the database's files
	taken   taken
	timed   func(time.Duration) // of commits; nil where nobody asks
	refused func(Refused, string)
	ledger  atomic.Pointer[string] // incarnation

	authority *authority.Authority

	releases keptReleases

	closing       sync.Once
	closed        error
	commits       commits
	projectAtOnce int
	projecting    chan struct{}       // holds a value while a step of the projection is done
	passed        *topic[struct{}]    // the mark passed new events
	changed       *topic[struct{}]    // a projection or a node's state changed
	carts         *topic[edge.CartID] // a cart changed
	downs         *topic[struct{}]    // a node has new downlink messages
	commands      *topic[string]      // a command changed; "": there is a new one, or somebody to tell it
	book          *account.Book
	talks         *talk.Talks
	rollouts      *rollout.Rollouts
	wishes        *topic[struct{}] // a node shall have a bundle, or not any more
	said          *topic[struct{}] // in a chat app, or is to be
}

// Open opens the ledger, bringing its schema up to date. Where the ledger was
// restored from a backup or moved, it is a new incarnation, and the shops ask
// anew how far HQ is.
func Open(ctx context.Context, o Options) (*HQ, error) {
	const op = "hq.Open"
	if o.Path == "" || len(o.Key) != ed25519.PrivateKeySize || o.Now == nil || o.NewID == nil || o.Log == nil {
		return nil, edge.Errorf(op, edge.Invalid, "path, key, clock, ids and log are all needed")
	}
	for shop, p := range o.Places {
		if err := p.Check(); err != nil {
			return nil, fmt.Errorf("%s: shop %s: %w", op, shop, err)
		}
	}
	codec, err := cloudsync.NewCodec()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	db, err := database.Open(ctx, o.Path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h := &HQ{
		key: o.Key, now: o.Now, log: o.Log, codec: codec, db: db, newID: o.NewID, places: o.Places, timed: o.Committed, refused: o.Refused, authority: o.Authority,
		projectAtOnce: projectAtOnce, projecting: make(chan struct{}, 1),
		passed: newTopic[struct{}](), changed: newTopic[struct{}](),
		carts: newTopic[edge.CartID](), downs: newTopic[struct{}](), commands: newTopic[string](), said: newTopic[struct{}](), wishes: newTopic[struct{}](),
	}
	if h.refused == nil {
		h.refused = func(Refused, string) {}
	}
	h.book = account.New(db, o.Now)
	if h.persons = o.Persons; h.persons == nil {
		if h.persons, err = h.ownKeys(); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", op, err), h.Close())
		}
	}
	h.talks = talk.New(talk.Options{
		DB: db, Keys: h.persons, Secret: h.Secret, Now: o.Now,
		Said: func() { h.said.tell(struct{}{}) }, Changed: func() { h.changed.tell(struct{}{}) },
	})
	h.rollouts = rollout.New(rollout.Options{
		DB: db, Now: o.Now, NewID: o.NewID, Log: o.Log, There: connected, Audit: h.noteRollout,
		Wake: func() { h.wishes.tell(struct{}{}) }, Changed: func() { h.changed.tell(struct{}{}) },
	})
	h.deleted = &deletedList{path: o.Deleted}
	for _, step := range []func(context.Context) error{h.identify, h.adoptContacts, h.deleteAgain} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", op, err), h.Close())
		}
	}
	return h, nil
}

// Close closes the database once what is being committed is. Called again it
// does nothing and returns what it did the first time.
func (h *HQ) Close() error {
	h.closing.Do(func() {
		h.commits.running.Wait()
		h.closed = h.db.Close()
	})
	return h.closed
}

// Place is how people call a shop and where it is; empty where that was not said.
func (h *HQ) Place(shop string) edge.Place { return h.places[shop] }

// PublicKey verifies what HQ signs.
func (h *HQ) PublicKey() ed25519.PublicKey { return h.key.Public().(ed25519.PublicKey) }

// Accounts are those who may use headquarters.
func (h *HQ) Accounts() *account.Book { return h.book }

// Talks are the conversations in chat apps.
func (h *HQ) Talks() *talk.Talks { return h.talks }

// WatchTalks delivers a value soon after something was said in one, or is to be;
// values may merge. Call cancel when done.
func (h *HQ) WatchTalks() (changed <-chan struct{}, cancel func()) { return h.said.watch(struct{}{}) }

// Watch delivers a value soon after sales, stock, carts or the state of a shop
// changed; values may merge. Call cancel when done.
func (h *HQ) Watch() (changed <-chan struct{}, cancel func()) { return h.changed.watch(struct{}{}) }

// WatchCart delivers a value soon after the cart changed; values may merge.
// Call cancel when done.
func (h *HQ) WatchCart(id edge.CartID) (changed <-chan struct{}, cancel func()) {
	return h.carts.watch(id)
}

func (h *HQ) nowMillis() int64 { return h.now().UnixMilli() }
