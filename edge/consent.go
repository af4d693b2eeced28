package edge

import (
	"context"
	"slices"
	"time"
)

// Purpose is what somebody agreed to.
type Purpose string

// The purposes.
const (
	ForMirror   Purpose = "mirror"         // the camera looks
	ForPhoto    Purpose = "photo"          // a photo of the look is taken, of somebody who is 16 or older
	ForCarrying Purpose = "photo_to_phone" // it goes to the phone
	ForOrder    Purpose = "order"          // name, telephone number and address are kept to bring an order
	ForFinding  Purpose = "found_again"    // and are found by the number for the next one
)

// Consent says that somebody agreed to something: to what, to which wording and
// when. Nothing of it tells who that was.
type Consent struct {
	Purpose Purpose   `json:"purpose"`
	Version string    `json:"version"` // of the wording
	Place   string    `json:"place"`   // the kiosk; empty for a till
	At      time.Time `json:"at"`
}

// ConsentLog remembers what people agreed to.
type ConsentLog interface {
	// RecordConsent records one; At is left to the log.
	RecordConsent(ctx context.Context, c Consent) error
	// Consents lists the newest, at most limit.
	Consents(ctx context.Context, limit int) ([]Consent, error)
}

// Check refuses what no shop of ours records.
func (c *Consent) Check() error {
	known := slices.Contains([]Purpose{ForMirror, ForPhoto, ForCarrying, ForOrder, ForFinding}, c.Purpose)
	if !known || !plain(c.Version) || c.Place != "" && !plain(c.Place) {
		return Errorf("edge.Consent.Check", Invalid, "consent to %.20q of version %.20q at %.40q", c.Purpose, c.Version, c.Place)
	}
	return nil
}

// Consents are those that come with an order.
func (a *OrderAsk) Consents() []Consent {
	list := []Consent{{Purpose: ForOrder, Version: a.Agreed}}
	if a.Remember {
		list = append(list, Consent{Purpose: ForFinding, Version: a.Agreed})
	}
	return list
}
