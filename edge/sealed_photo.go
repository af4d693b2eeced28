package edge

import (
	"encoding/hex"
	"time"
)

// Limits of the photos that shoppers take along.
const (
	MaxPhotoBytes = 512 << 10 // of one sealed photo
	MaxCartPhotos = 4         // of one cart
	PhotoLife     = 24 * time.Hour
	maxWorn       = 16 // SKUs on one photo
)

// SealedPhoto is a photo of a look on its way to its shopper's phone. It is
// sealed in the shop with a key that only the cart's link holds, in the part
// that browsers send to no server, so whoever passes it on cannot see it.
type SealedPhoto struct {
	ID      string    `json:"id"` // random; see ValidPhotoID. Whoever knows it may fetch what is sealed
	Cart    CartID    `json:"cart"`
	SKUs    []SKU     `json:"skus,omitempty"` // what is worn on it
	Expires time.Time `json:"expires"`
	// Sealed is the nonce, 12 bytes, and the AES-256-GCM of the JPEG; package
	// photo has the key. Without it the photo is withdrawn: it is to be deleted
	// wherever it is, and never taken again.
	Sealed []byte `json:"sealed,omitempty"`
}

// Check refuses what cannot be a photo at the time now.
func (p *SealedPhoto) Check(now time.Time) error {
	const op = "edge.SealedPhoto.Check"
	switch {
	case !ValidPhotoID(p.ID):
		return Errorf(op, Invalid, "a photo with the id %.40q: want 32 characters of 0-9 and a-f", p.ID)
	case p.Cart == CartID{}:
		return Errorf(op, Invalid, "a photo of no cart")
	case len(p.Sealed) > MaxPhotoBytes:
		return Errorf(op, TooLarge, "a sealed photo of %d bytes, at most %d", len(p.Sealed), MaxPhotoBytes)
	case len(p.SKUs) > maxWorn:
		return Errorf(op, TooLarge, "a photo on which %d things are worn, at most %d", len(p.SKUs), maxWorn)
	case !p.Expires.After(now):
		return Errorf(op, Expired, "the photo has expired")
	case p.Expires.After(now.Add(PhotoLife + 10*time.Minute)): // for clocks that differ
		return Errorf(op, Invalid, "a photo is kept for %v at most", PhotoLife)
	}
	for _, sku := range p.SKUs {
		if !plain(string(sku)) {
			return Errorf(op, Invalid, "a photo with the SKU %.40q", sku)
		}
	}
	return nil
}

// ValidPhotoID reports whether id can name a photo: 16 bytes in lower-case hex.
func ValidPhotoID(id string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && len(b) == 16 && hex.EncodeToString(b) == id
}
