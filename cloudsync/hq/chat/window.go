package chat

import (
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
)

// Deed is a kind of thing that a person does, after which an app lets us write.
type Deed string

// The deeds.
const (
	Said     Deed = "said"     // wrote to us
	Entered  Deed = "entered"  // opened the chat
	Acted    Deed = "acted"    // followed us, scanned our code, chose from our menu
	Referred Deed = "referred" // came by one of our links into a chat that there was
)

// Allowance is how long and how often we may write after a deed.
type Allowance struct {
	For   time.Duration // 0: for ever
	Count int           // 0: as often as we like
}

// Rules are when an app lets us write.
type Rules struct {
	Free map[Deed]Allowance
	// Staff may answer for so long after the person last did something that the
	// app counts, marked as people's words; 0 where they have no more than others.
	Staff time.Duration
	// Paid is how long after that we may write against a quota that costs money; 0
	// where we may or will not.
	Paid time.Duration
}

// Channel is by what right something is sent.
type Channel string

// The channels, in the order in which they are tried.
const (
	FreeChannel  Channel = "free"
	StaffChannel Channel = "staff"
	PaidChannel  Channel = "paid"
)

// WindowError says that an app does not let us write to a person now. It is
// lasting until the person does something.
type WindowError struct {
	App   string
	Since time.Time // of the person's last deed that counts; zero where there is none
	Count int       // sent since then, where it is the count that is used up; else 0
}

func (e *WindowError) Error() string {
	switch {
	case e.Since.IsZero():
		return fmt.Sprintf("%s lets us write only after the person did: nothing was sent", e.App)
	case e.Count > 0:
		return fmt.Sprintf("%s lets us write %d messages after the person's last one, and they are used up: nothing was sent; wait until the person writes", e.App, e.Count)
	}
	return fmt.Sprintf("the person last wrote at %s, too long ago for %s to let us answer: nothing was sent; wait until the person writes", e.Since.UTC().Format(time.RFC3339), e.App)
}

// Channel finds by what right a message may be sent at a time, of those that are
// open the one that costs least. counted says that the message is counted in did
// already, as one that is tried again is; staff that a person wrote it. Its error
// is a *WindowError, without the app's name.
func (r Rules) Channel(did map[string]talk.Window, staff, counted bool, now time.Time) (Channel, error) {
	var last talk.Window
	used := 0
	for deed, a := range r.Free {
		w, ok := did[string(deed)]
		if !ok {
			continue
		}
		if w.At.After(last.At) {
			last = w
		}
		sent := w.Sent
		if !counted {
			sent++
		}
		switch {
		case a.For > 0 && !now.Before(w.At.Add(a.For)):
		case a.Count > 0 && sent > a.Count:
			used = max(used, a.Count)
		default:
			return FreeChannel, nil
		}
	}
	switch since := now.Sub(last.At); {
	case last.At.IsZero():
		return "", &WindowError{}
	case staff && since < r.Staff:
		return StaffChannel, nil
	case since < r.Paid:
		return PaidChannel, nil
	}
	return "", &WindowError{Since: last.At, Count: used}
}

// open notes what a person did: what is sent is counted anew since then.
func open(c *talk.Conversation, d Deed, at time.Time) {
	if c.Windows == nil {
		c.Windows = map[string]talk.Window{}
	}
	if w, ok := c.Windows[string(d)]; !ok || at.After(w.At) {
		c.Windows[string(d)] = talk.Window{At: at}
	}
}

// count notes that a message is about to be sent: it counts after all that the
// person did, since no app says after which.
func count(c *talk.Conversation) {
	for deed, w := range c.Windows {
		w.Sent++
		c.Windows[deed] = w
	}
}
