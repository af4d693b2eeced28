package kiosk

import (
	"context"
	"encoding/base64"
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
	// photoConsent is the version of the words that a shopper ticks before a
	// photo is taken; it changes with them.
	photoConsent = 1
)

// photos keeps photos, sealed: what is stored can be opened only with the key
// that storing it gives. A session's photos do not outlive the program.
type photos interface {
	Put(photo []byte, expires time.Time, session bool) (id string, key []byte, err error)
	Get(id string, key []byte) ([]byte, error)
	Delete(id string) error
}

// photo is a photo of the session: in memory until it is kept, then sealed.
type photo struct {
	name    string // within the session
	taken   []byte // nil once it is kept
	id      string // of the sealed one
	key     []byte
	expires time.Time
	stays   bool // it outlives the session
}

// photoView is a photo as the page sees it.
type photoView struct {
	Name    string     `json:"name"`
	Kept    bool       `json:"kept"`
	Until   string     `json:"until,omitempty"` // finish or day
	Expires *time.Time `json:"expires,omitempty"`
	// ID and Key open a photo that outlives the session; the page hands them
	// on, the gateway forgets the key at the end.
	ID  string `json:"id,omitempty"`
	Key string `json:"key,omitempty"`
}

func (p photo) view() photoView {
	v := photoView{Name: p.name, Kept: p.taken == nil}
	if !v.Kept {
		return v
	}
	v.Until, v.Expires = "finish", &p.expires
	if p.stays {
		v.Until, v.ID, v.Key = "day", p.id, base64.RawURLEncoding.EncodeToString(p.key)
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
	consent, err := k.session.mayTake()
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	k.cfg.Log.Info("consent", "purpose", "photo of the look", "version", photoConsent, "of_16", true)
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

// putPhoto keeps a photo, until the session's end or for a day.
func (k *Kiosk) putPhoto(c *gin.Context) {
	var in struct {
		Until string `json:"until"` // finish or day
	}
	err := api.Bind(c, &in)
	if err == nil && in.Until != "finish" && in.Until != "day" {
		err = edge.Errorf("kiosk.photo", edge.Invalid, "until %.20q: want finish or day", in.Until)
	}
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	s, err := k.session.keep(c.Param("photo"), in.Until == "day")
	k.answer(c, s, err)
}

func (k *Kiosk) deletePhoto(c *gin.Context) {
	s, err := k.session.drop(c.Param("photo"))
	k.answer(c, s, err)
}

// mayTake reports whether the shopper may take another photo, and under which
// consent to the camera: it closes with that.
func (s *session) mayTake() (consent <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.looking("kiosk.photo"); err != nil {
		return nil, err
	}
	if len(s.now.Photos) >= maxPhotos {
		return nil, edge.Errorf("kiosk.photo", edge.TooLarge, "%d photos at most: delete one first", maxPhotos)
	}
	s.touchLocked(s.idle)
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
	s.now.Photos = append(s.now.Photos, photo{name: name, taken: b})
	s.touchLocked(s.idle)
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

// keep seals a photo. One that is kept already is kept anew if it is to stay
// for another time.
func (s *session) keep(name string, stays bool) (snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.at(name)
	if err != nil {
		return snapshot{}, err
	}
	s.touchLocked(s.idle)
	p := &s.now.Photos[i]
	if p.taken == nil && p.stays == stays {
		return s.view(), nil
	}
	b := p.taken
	if b == nil {
		if b, err = s.photos.Get(p.id, p.key); err != nil {
			return snapshot{}, err
		}
	}
	expires := time.Now().Add(photoLife).UTC().Truncate(time.Second)
	id, key, err := s.photos.Put(b, expires, !stays)
	if err != nil {
		return snapshot{}, err
	}
	clear(b)
	if p.id != "" {
		s.deletePhoto(*p)
	}
	*p = photo{name: name, id: id, key: key, expires: expires, stays: stays}
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
	s.touchLocked(s.idle)
	return s.view(), nil
}

// dropPhotos forgets all photos and deletes those that are not to stay, for
// whoever holds s.mu.
func (s *session) dropPhotos() {
	for _, p := range s.now.Photos {
		if p.stays {
			clear(p.key)
			continue
		}
		s.deletePhoto(p)
	}
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
	if p.id == "" {
		return
	}
	if err := s.photos.Delete(p.id); err != nil {
		s.log.Error("a photo could not be deleted", "err", err)
	}
}
