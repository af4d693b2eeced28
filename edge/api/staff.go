package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Staff is someone who may sell.
type Staff struct {
	Name string // signs receipts
	Role string // clerk or manager
	PIN  string // HashPIN's hash
}

const (
	clerk       = "clerk"
	manager     = "manager"
	maxStaff    = 32 // each costs one hash a sign-in
	maxSessions = 64
	sessionLife = 8 * time.Hour
	sessionIdle = 30 * time.Minute
	staffCookie = "mc_staff"
	staffPath   = base + "/staff"
)

// session is a signed-in member of staff.
type session struct {
	Name string `json:"name"`
	Role string `json:"role"`
	CSRF string `json:"csrf"`
	// SignOff is after how many seconds without a touch the page signs off; 0 for
	// never. It asks now and then for as long as it is open, so that only it knows.
	SignOff int `json:"sign_off"`

	pin          string // hash of the PIN that opened it
	opened, seen time.Time
}

// staffRoom knows who is who, and who is signed in. Sessions live in memory: a
// restart signs everybody off.
type staffRoom struct {
	now      func() time.Time
	staff    []Staff
	pins     []pinHash
	locks    *lockout
	signsOff time.Duration // after so long without a touch; 0 for never
	hashes   sync.Mutex    // one sign-in at a time: a hash is dear

	recalling sync.Mutex
	recalled  bool // locks know what was guessed before this run

	mu       sync.Mutex
	sessions map[[sha256.Size]byte]*session // by the token's hash
}

func newStaffRoom(staff []Staff, now func() time.Time) (*staffRoom, error) {
	const op = "api.New"
	if len(staff) > maxStaff {
		return nil, edge.Errorf(op, edge.Invalid, "%d members of staff, at most %d", len(staff), maxStaff)
	}
	r := &staffRoom{now: now, staff: staff, locks: newLockout(now), sessions: map[[sha256.Size]byte]*session{}}
	for _, s := range staff {
		h, err := parsePIN(s.PIN)
		if err != nil {
			return nil, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "staff " + s.Name, Err: err}
		}
		if s.Name == "" || (s.Role != clerk && s.Role != manager) {
			return nil, edge.Errorf(op, edge.Invalid, "staff %q: want a name, and clerk or manager as the role", s.Name)
		}
		r.pins = append(r.pins, h)
	}
	return r, nil
}

// find is the member of staff who has the PIN, of the configuration or of HQ's
// directory. It checks everybody's, so that the time tells nothing.
func (r *staffRoom) find(pin string, directory []edge.Member) (*Staff, bool) {
	r.hashes.Lock()
	defer r.hashes.Unlock()
	var found *Staff
	for i := range r.pins {
		if r.pins[i].matches(pin) && found == nil {
			found = &r.staff[i]
		}
	}
	for _, m := range directory {
		h, err := parsePIN(m.PIN)
		if err == nil && h.matches(pin) && m.Active && found == nil {
			found = &Staff{Name: m.Name, Role: m.Role, PIN: m.PIN}
		}
	}
	return found, found != nil
}

// signOff ends the sessions of those who are neither in the configuration nor in
// HQ's directory any more, or not with that role and PIN.
func (r *staffRoom) signOff(directory []edge.Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, ses := range r.sessions {
		who := Staff{Name: ses.Name, Role: ses.Role, PIN: ses.pin}
		named := slices.ContainsFunc(directory, func(m edge.Member) bool { return m.Active && who == Staff{Name: m.Name, Role: m.Role, PIN: m.PIN} })
		if !named && !slices.Contains(r.staff, who) {
			delete(r.sessions, key)
		}
	}
}

// directory is what HQ says of who may sell here. When that cannot be read the
// configuration's own still may, and known is false.
func (s *Server) directory(ctx context.Context) (members []edge.Member, known bool) {
	if s.cfg.Directory == nil {
		return nil, true
	}
	d, err := s.cfg.Directory.Staff(ctx)
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "HQ's staff directory cannot be read", "err", err)
		return nil, false
	}
	return d.Members, true
}

// signOffGone ends the sessions of those whom HQ lets sell here no more.
func (s *Server) signOffGone(ctx context.Context) {
	if members, known := s.directory(ctx); known {
		s.staff.signOff(members)
	}
}

// open signs s in and returns the cookie's token. Where too many are signed
// in, whoever was away longest is signed off.
func (r *staffRoom) open(s *Staff) (token string, _ *session) {
	token = base64.RawURLEncoding.EncodeToString(random(32))
	now := r.now()
	ses := &session{
		Name: s.Name, Role: s.Role, CSRF: base64.RawURLEncoding.EncodeToString(random(18)),
		SignOff: int(r.signsOff.Seconds()),
		pin:     s.PIN, opened: now, seen: now,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sessions) >= maxSessions {
		var oldest [sha256.Size]byte
		at := now
		for k, v := range r.sessions {
			if !v.seen.After(at) {
				oldest, at = k, v.seen
			}
		}
		delete(r.sessions, oldest)
	}
	r.sessions[sha256.Sum256([]byte(token))] = ses
	return token, ses
}

// find by token; it counts as being there.
func (r *staffRoom) session(token string) (session, bool) {
	key := sha256.Sum256([]byte(token))
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[key]
	now := r.now()
	if !ok || s.over(now) {
		return session{}, false
	}
	s.seen = now
	return *s, true
}

// signedIn tells whether the token's session still lasts; to ask does not
// count as being there.
func (r *staffRoom) signedIn(token string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[sha256.Sum256([]byte(token))]
	return ok && !s.over(r.now())
}

// count is how many sessions last.
func (r *staffRoom) count() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for _, s := range r.sessions {
		if !s.over(now) {
			n++
		}
	}
	return n
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.opened) >= sessionLife || now.Sub(s.seen) >= s.idle()
}

// idle is how long a page that is gone stays signed in.
func (s *session) idle() time.Duration {
	if s.SignOff == 0 {
		return sessionIdle
	}
	return min(time.Duration(s.SignOff)*time.Second, sessionIdle)
}

// close ends a session; it returns whose it was.
func (r *staffRoom) close(token string) (name string, ok bool) {
	key := sha256.Sum256([]byte(token))
	r.mu.Lock()
	defer r.mu.Unlock()
	ses, ok := r.sessions[key]
	if !ok {
		return "", false
	}
	delete(r.sessions, key)
	return ses.Name, true
}
