package kiosk

import (
	"context"
	"image"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

// State is where the shopper stands.
type State string

// The states, in the order in which a session goes through them. A wipe leads
// back to Attract from anywhere.
const (
	Attract   State = "attract" // nobody is there; the camera is paused
	Consent   State = "consent" // asked whether the camera may look
	Mirroring State = "mirror"  // trying on, with the camera or without
)

// mirror is what a session asks of the try-on pipeline. Pausing it ends what it
// compares, lets go of a held moment and forgets a replay.
type mirror interface {
	SetLook(ar.Look) error
	SetPaused(bool)
	SetCompare(ar.Compare) error
	Compare() ar.Compare
	SetReplay(bool)
	Replay() ar.Replay
	Snapshot(context.Context) ([]byte, error)
	Preview(context.Context) ([]byte, error)   // while paused; blurred
	Grey(context.Context) (*image.Gray, error) // while not paused
	Stats() ar.Stats
}

// worn is what the shopper has on.
type worn struct {
	outfit
	layers ar.Look
}

// snapshot is a session at one moment.
type snapshot struct {
	N        uint64 // counts the moments that were looked at: the later has the higher
	ID       string
	State    State
	Language string
	Camera   bool // the shopper agreed to the camera
	Worn     worn
	Compare  compare
	Photos   []photo
	Secret   []byte // opens the photos that go to the phone; nil while none does
	Handed   bool   // a link with it was made
	Cart     *edge.CartID
	IdleLeft time.Duration // until the wipe; zero in Attract
}

// session is the one session of a kiosk. Its methods may be called from any
// goroutine.
type session struct {
	mirror mirror
	photos photos
	away   courier // nil where no photo can go to a phone
	idle   time.Duration
	hold   time.Duration
	gone   time.Duration
	log    *slog.Logger

	mu      sync.Mutex
	now     snapshot
	looks   uint64
	touched time.Time
	busy    bool          // with the phone, so that hold counts and no face is missed
	timer   *time.Timer   // fires when the wipe may be due; nil in Attract
	ended   chan struct{} // closed by the wipe; nil in Attract
}

func newSession(cfg Config) *session {
	s := &session{mirror: cfg.Mirror, photos: cfg.Photos, away: cfg.Courier, idle: cfg.Idle, hold: cfg.Hold, gone: cfg.Gone, log: cfg.Log}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	return s
}

// start wipes what was there and begins a session.
func (s *session) start(id, language string) snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	s.now = snapshot{ID: id, State: Consent, Language: language}
	s.ended = make(chan struct{})
	s.touched, s.busy = time.Now(), false
	s.timer = time.AfterFunc(s.idle, func() { s.expire(id) })
	return s.view()
}

// consent records the shopper's answer and opens the mirror. The answer may be
// changed later: taking it back cuts off whoever is looking and forgets the
// photos that were not kept. The language is the
// one in which the shopper was asked, or empty where it stays as it was.
// fresh says that the camera did not look before.
func (s *session) consent(of string, camera bool, language string) (_ snapshot, fresh bool, err error) {
	const op = "kiosk.consent"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State == Attract {
		return snapshot{}, false, edge.Errorf(op, edge.Conflict, "no session waits for consent: start a new one")
	}
	if err := s.is(op, of); err != nil {
		return snapshot{}, false, err
	}
	fresh = camera && !s.now.Camera
	s.mirror.SetPaused(!camera)
	if !camera {
		s.now.Compare = compare{}
	}
	if s.now.Camera && !camera {
		close(s.ended)
		s.ended = make(chan struct{})
		s.dropUnkept()
	}
	s.now.State, s.now.Camera = Mirroring, camera
	if language != "" {
		s.now.Language = language
	}
	s.touchLocked(false)
	return s.view(), fresh, nil
}

// speak goes on in another language.
func (s *session) speak(of, language string) (snapshot, error) {
	const op = "kiosk.speak"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State == Attract {
		return snapshot{}, edge.Errorf(op, edge.Conflict, "the session was wiped: start a new one")
	}
	if err := s.is(op, of); err != nil {
		return snapshot{}, err
	}
	s.now.Language = language
	s.touchLocked(false)
	return s.view(), nil
}

// is reports, for whoever holds s.mu, that what is asked was meant for another
// session than this: requests may be late, and nobody answers for the next shopper.
// Who does not say of which session it is means the one that is here.
func (s *session) is(op, of string) error {
	if of != "" && of != s.now.ID {
		return edge.Errorf(op, edge.Conflict, "the session that this was meant for is over: start a new one")
	}
	return nil
}

// wear shows w in the mirror.
func (s *session) wear(of string, w worn) (snapshot, error) {
	const op = "kiosk.wear"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State != Mirroring {
		return snapshot{}, edge.Errorf(op, edge.Conflict, "nobody is at the mirror: start a session first")
	}
	if err := s.is(op, of); err != nil {
		return snapshot{}, err
	}
	if err := s.mirror.SetLook(w.layers); err != nil {
		return snapshot{}, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "the mirror cannot show this", Err: err}
	}
	s.now.Worn = w
	s.touchLocked(false)
	return s.view(), nil
}

// bind makes cart the session's cart.
func (s *session) bind(of string, cart edge.CartID) (snapshot, error) {
	const op = "kiosk.bind"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State != Mirroring {
		return snapshot{}, edge.Errorf(op, edge.Conflict, "nobody is at the mirror: start a session first")
	}
	if err := s.is(op, of); err != nil {
		return snapshot{}, err
	}
	s.now.Cart = &cart
	s.touchLocked(false)
	return s.view(), nil
}

// touch puts the wipe off: by the idle time, or, while the shopper is busy with
// the phone, by the longer hold time.
func (s *session) touch(of string, hold bool) (snapshot, error) {
	const op = "kiosk.touch"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State == Attract {
		return snapshot{}, edge.Errorf(op, edge.Conflict, "the session was wiped: start a new one")
	}
	if err := s.is(op, of); err != nil {
		return snapshot{}, err
	}
	s.touchLocked(hold)
	return s.view(), nil
}

// finish wipes. Wiping what is wiped, or is over, changes nothing.
func (s *session) finish(of string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.is("kiosk.finish", of) == nil {
		s.wipe()
	}
}

// snapshot is the session now.
func (s *session) snapshot() snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view()
}

// asked is the session that waits for consent.
func (s *session) asked() (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State != Consent {
		return "", edge.Errorf("kiosk.preview", edge.Conflict, "no session waits for consent: start a new one")
	}
	return s.now.ID, nil
}

// watch lets a viewer look into the mirror until the returned channel closes.
func (s *session) watch() (ended <-chan struct{}, err error) {
	const op = "kiosk.watch"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State != Mirroring {
		return nil, edge.Errorf(op, edge.Conflict, "nobody is at the mirror: start a session first")
	}
	if !s.now.Camera {
		return nil, edge.Errorf(op, edge.Forbidden, "the shopper chose to go without the camera")
	}
	return s.ended, nil
}

// wipe forgets the shopper: mirror first, so that nothing is shown any more
// when the rest is gone.
func (s *session) wipe() {
	s.mirror.SetPaused(true)
	if err := s.mirror.SetLook(ar.Look{}); err != nil {
		s.log.Error("the look could not be cleared", "err", err)
	}
	s.dropPhotos()
	if s.timer != nil {
		s.timer.Stop()
		close(s.ended)
	}
	s.now, s.timer, s.ended = snapshot{State: Attract}, nil, nil
}

// view is the session now; the caller holds the lock.
func (s *session) view() snapshot {
	v := s.now
	s.looks++
	v.N = s.looks
	v.Worn.skus = slices.Clone(v.Worn.skus)
	v.Photos = slices.Clone(v.Photos)
	if v.State != Attract {
		v.IdleLeft = s.left()
	}
	return v
}
