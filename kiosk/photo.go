package kiosk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

const (
	// maxPhotos bounds the photos of one session.
	maxPhotos = 6
	// photoLife is how long a photo can be kept.
	photoLife = 24 * time.Hour
	// photoWait is how long the mirror may take for one.
	photoWait = 3 * time.Second
	// The versions of the words to which a shopper agrees before the mirror starts,
	// a photo is taken, and it goes to the phone; they change with them.
	mirrorConsent = "1"
	photoConsent  = "1"
	phoneConsent  = "1"
)

// photos keeps photos, sealed: what is stored can be opened only with the key
// that storing it gives. A session's photos do not outlive the program.
type photos interface {
	Put(photo []byte, expires time.Time) (id string, key []byte, err error)
	Get(id string, key []byte) ([]byte, error)
	Delete(id string) error
}

// photo is a photo of the session: in memory until it is kept, then sealed.
type photo struct {
	name    string     // within the session
	worn    []edge.SKU // on it
	taken   []byte     // nil once it is kept
	id      string     // of the sealed one
	key     []byte
	expires time.Time
	away    string      // under which it goes to the phone; empty if it does not
	cart    edge.CartID // with which it goes
}

// photoView is a photo as the page sees it.
type photoView struct {
	Name    string     `json:"name"`
	Kept    bool       `json:"kept"`
	Until   string     `json:"until,omitempty"` // finish, or phone if it goes there too
	Expires *time.Time `json:"expires,omitempty"`
	// Waiting says that headquarters has yet to get it: the line is down or slow.
	Waiting bool `json:"waiting,omitempty"`
}

func (k *Kiosk) photoView(p photo) photoView {
	v := photoView{Name: p.name, Kept: p.taken == nil}
	if !v.Kept {
		return v
	}
	v.Until, v.Expires = "finish", &p.expires
	if p.away != "" {
		v.Until, v.Waiting = "phone", k.cfg.Courier.Waiting(p.away)
	}
	return v
}

// postPhoto takes a photo, which is in memory alone until it is kept.
func (k *Kiosk) postPhoto(c *gin.Context) {
	const op = "kiosk.photo"
	var in struct {
		Consent bool `json:"consent"` // to a photo being taken, ticked for this one
		Of16    bool `json:"of_16"`   // the shopper says to be 16 or older
	}
	if err := api.Bind(c, &in); err != nil {
		k.cfg.Fail(c, err)
		return
	}
	switch {
	case k.cfg.Photos == nil:
		k.cfg.Fail(c, edge.Errorf(op, edge.Unavailable, "this kiosk takes no photos"))
		return
	case !in.Of16:
		k.cfg.Fail(c, edge.Errorf(op, edge.Forbidden, "photos are taken only of people who are 16 or older"))
		return
	case !in.Consent:
		k.cfg.Fail(c, edge.Errorf(op, edge.Forbidden, "no photo without consent: tick it first"))
		return
	}
	consent, err := k.session.mayTake(meant(c))
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	k.agreed(c.Request.Context(), edge.ForPhoto, photoConsent)
	ctx, cancel := context.WithTimeout(c.Request.Context(), photoWait)
	defer cancel()
	b, err := k.cfg.Mirror.Snapshot(ctx)
	if err != nil {
		k.cfg.Fail(c, photoFault(err))
		return
	}
	name, s, err := k.session.take(consent, k.cfg.NewID(), b)
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	c.Header("Location", c.Request.URL.Path+"/"+name)
	k.answer(c, s, nil)
}

// photoFault says why the mirror took no photo.
func photoFault(err error) error {
	const op = "kiosk.photo"
	switch {
	case errors.Is(err, ar.ErrNoFace):
		return edge.Errorf(op, edge.Conflict, "nobody is in the mirror: look into it and try again")
	case errors.Is(err, ar.ErrNotLooked):
		return edge.Errorf(op, edge.Conflict, "the mirror shows a replay: end it first")
	}
	return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "the camera gave no picture: try again", Err: err}
}

// getPhoto shows a photo of the session.
func (k *Kiosk) getPhoto(c *gin.Context) {
	b, err := k.session.photo(c.Param("photo"))
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "image/jpeg", b)
}

// putPhoto keeps a photo until the session's end, and sends it to the phone or
// takes it back from there.
func (k *Kiosk) putPhoto(c *gin.Context) {
	var in struct {
		Until string `json:"until"` // finish or phone
	}
	err := api.Bind(c, &in)
	if err == nil && in.Until != "finish" && in.Until != "phone" {
		err = edge.Errorf("kiosk.photo", edge.Invalid, "until %.20q: want finish or phone", in.Until)
	}
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	s, err := k.session.keep(c.Param("photo"))
	switch {
	case err != nil:
	case in.Until == "phone":
		s, err = k.carry(c.Request.Context(), c.Param("photo"))
	default:
		s, err = k.session.takeBack(c.Param("photo"))
	}
	k.answer(c, s, err)
}

func (k *Kiosk) deletePhoto(c *gin.Context) {
	s, err := k.session.drop(c.Param("photo"))
	k.answer(c, s, err)
}

// mayTake reports whether the shopper may take another photo, and under which
// consent to the camera: it closes with that.
func (s *session) mayTake(of string) (consent <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.looking("kiosk.photo", of); err != nil {
		return nil, err
	}
	if len(s.now.Photos) >= maxPhotos {
		return nil, edge.Errorf("kiosk.photo", edge.TooLarge, "%d photos at most: delete one first", maxPhotos)
	}
	s.touchLocked(false)
	return s.ended, nil
}

// take adds a photo that was taken under consent. If that is over, the photo is
// forgotten.
func (s *session) take(consent <-chan struct{}, name string, b []byte) (string, snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != consent || len(s.now.Photos) >= maxPhotos {
		clear(b)
		return "", snapshot{}, edge.Errorf("kiosk.photo", edge.Conflict, "the session or its consent has ended: nothing was kept")
	}
	s.now.Photos = append(s.now.Photos, photo{name: name, worn: slices.Clone(s.now.Worn.skus), taken: b})
	s.touchLocked(false)
	return name, s.view(), nil
}

// at is the index of a photo, for whoever holds s.mu.
func (s *session) at(name string) (int, error) {
	i := slices.IndexFunc(s.now.Photos, func(p photo) bool { return p.name == name })
	if i < 0 {
		return 0, edge.Errorf("kiosk.photo", edge.NotFound, "there is no such photo, or it was deleted")
	}
	return i, nil
}

// photo is what a photo shows.
func (s *session) photo(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.at(name)
	if err != nil {
		return nil, err
	}
	p := s.now.Photos[i]
	if p.taken != nil {
		return slices.Clone(p.taken), nil // which a wipe may clear meanwhile
	}
	return s.photos.Get(p.id, p.key)
}

// keep seals a photo, if it is not kept already.
func (s *session) keep(name string) (snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.at(name)
	if err != nil {
		return snapshot{}, err
	}
	s.touchLocked(false)
	p := &s.now.Photos[i]
	if p.taken == nil {
		return s.view(), nil
	}
	expires := time.Now().Add(photoLife).UTC().Truncate(time.Second)
	id, key, err := s.photos.Put(p.taken, expires)
	if err != nil {
		return snapshot{}, err
	}
	clear(p.taken)
	p.taken, p.id, p.key, p.expires = nil, id, key, expires
	return s.view(), nil
}

// drop deletes a photo.
func (s *session) drop(name string) (snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.at(name)
	if err != nil {
		return snapshot{}, err
	}
	s.deletePhoto(s.now.Photos[i])
	s.now.Photos = slices.Delete(s.now.Photos, i, i+1)
	s.touchLocked(false)
	return s.view(), nil
}

// dropPhotos forgets all photos and deletes them; those that went to the phone
// stay there, if the phone can have got the key. It is for whoever holds s.mu.
func (s *session) dropPhotos() {
	for _, p := range s.now.Photos {
		if s.now.Handed {
			p.away = ""
		}
		s.deletePhoto(p)
	}
	clear(s.now.Secret)
}

// dropUnkept forgets the photos that the shopper has not decided to keep, for
// whoever holds s.mu.
func (s *session) dropUnkept() {
	s.now.Photos = slices.DeleteFunc(s.now.Photos, func(p photo) bool {
		clear(p.taken)
		return p.taken != nil
	})
}

// deletePhoto leaves nothing of a photo. Even if its file cannot be deleted
// now, it will expire, and the key to it is gone.
func (s *session) deletePhoto(p photo) {
	clear(p.taken)
	clear(p.key)
	s.withdraw(p)
	if p.id == "" {
		return
	}
	if err := s.photos.Delete(p.id); err != nil {
		s.log.Error("a photo could not be deleted", "err", err)
	}
}
