package kiosk

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"image"
	"image/jpeg"
	"slices"

	"golang.org/x/image/draw"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	// phoneSide is the longer side in pixels of a photo that goes to a phone.
	phoneSide = 900
	// secretSize is the length of the secret behind the # of a cart's link.
	secretSize = 16
)

// courier brings photos to phones, sealed with a secret that it does not keep.
type courier interface {
	Take(secret []byte, cart edge.CartID, worn []edge.SKU, photo []byte) (id string, err error)
	Withdraw(cart edge.CartID, id string) error
	Waiting(id string) bool
}

// carry sends a kept photo to the phone that opens the session's cart.
func (k *Kiosk) carry(ctx context.Context, name string) (snapshot, error) {
	b, err := k.session.toCarry(name)
	if err != nil {
		return snapshot{}, err
	}
	small, err := forPhone(b)
	clear(b)
	if err != nil {
		return snapshot{}, err
	}
	defer clear(small)
	s, err := k.session.carry(name, small)
	if err == nil {
		k.agreed(ctx, edge.ForCarrying, phoneConsent)
	}
	return s, err
}

// toCarry is what a photo shows that may go to the phone.
func (s *session) toCarry(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.mayCarry(name)
	if err != nil {
		return nil, err
	}
	return s.photos.Get(p.id, p.key)
}

// mayCarry finds a photo that may go to the phone, for whoever holds s.mu.
func (s *session) mayCarry(name string) (*photo, error) {
	const op = "kiosk.carry"
	i, err := s.at(name)
	if err != nil {
		return nil, err
	}
	away := 0
	for _, p := range s.now.Photos {
		if p.away != "" && p.name != name {
			away++
		}
	}
	switch {
	case s.away == nil:
		return nil, edge.Errorf(op, edge.Unavailable, "this shop sends no photos to phones")
	case s.now.Cart == nil:
		return nil, edge.Errorf(op, edge.Conflict, "a photo goes to the phone with a cart: put something into it first")
	case away >= edge.MaxCartPhotos:
		return nil, edge.Errorf(op, edge.TooLarge, "%d photos at most go to the phone", edge.MaxCartPhotos)
	}
	return &s.now.Photos[i], nil
}

// carry hands what a photo shows to the courier.
func (s *session) carry(name string, b []byte) (snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.mayCarry(name)
	if err != nil {
		return snapshot{}, err
	}
	if p.away != "" {
		return s.view(), nil
	}
	if s.now.Secret == nil {
		s.now.Secret, s.now.Handed = make([]byte, secretSize), false
		rand.Read(s.now.Secret) // never fails (crypto/rand)
	}
	if p.away, err = s.away.Take(s.now.Secret, *s.now.Cart, p.worn, b); err != nil {
		return snapshot{}, err
	}
	p.cart = *s.now.Cart
	return s.view(), nil
}

// takeBack has a photo deleted wherever it went; it stays here.
func (s *session) takeBack(name string) (snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.at(name)
	if err != nil {
		return snapshot{}, err
	}
	s.withdraw(s.now.Photos[i])
	s.now.Photos[i].away = ""
	return s.view(), nil
}

// withdraw has headquarters delete a photo, for whoever holds s.mu. Even if that
// cannot be written down now, the photo's time is short.
func (s *session) withdraw(p photo) {
	if p.away == "" {
		return
	}
	if err := s.away.Withdraw(p.cart, p.away); err != nil {
		s.log.Error("a photo could not be withdrawn", "err", err)
	}
}

// Fragment is what stands behind the # of a cart's link, where browsers send it
// to nobody: the secret that opens the photos which went along. It is empty
// where none did, and for whoever asks from elsewhere than the screen before the
// shopper: tills and others in the shop's network can name the cart too.
func (k *Kiosk) Fragment(ctx context.Context, cart edge.CartID) string {
	if ctx.Value(screenKey{}) != k {
		return ""
	}
	s := k.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.now.Photos, func(p photo) bool { return p.away != "" && p.cart == cart }) {
		return ""
	}
	s.now.Handed = true
	return "k=" + base64.RawURLEncoding.EncodeToString(s.now.Secret)
}

// PhotoDeleted deletes the photo that its shopper has deleted on the phone.
func (k *Kiosk) PhotoDeleted(away string) {
	s := k.session
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.now.Photos, func(p photo) bool { return away != "" && p.away == away })
	if i < 0 {
		return
	}
	s.now.Photos[i].away = "" // headquarters knows
	s.deletePhoto(s.now.Photos[i])
	s.now.Photos = slices.Delete(s.now.Photos, i, i+1)
}

// forPhone makes a photo as small as a phone needs it. What a camera may have
// written beside the picture is left behind.
func forPhone(b []byte) ([]byte, error) {
	const op = "kiosk.forPhone"
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Internal, Msg: "the photo cannot be read", Err: err}
	}
	size := img.Bounds().Size()
	if side := max(size.X, size.Y); side > phoneSide {
		small := image.NewRGBA(image.Rect(0, 0, max(1, size.X*phoneSide/side), max(1, size.Y*phoneSide/side)))
		draw.CatmullRom.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
		img = small
	}
	for _, quality := range []int{88, 75, 60} {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if out.Len() <= edge.MaxPhotoBytes-64 { // the seal's own bytes
			return out.Bytes(), nil
		}
	}
	return nil, edge.Errorf(op, edge.TooLarge, "the photo is too large for a phone")
}
