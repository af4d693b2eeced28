package bundle

import (
	"errors"
	"fmt"
)

// Reason is why a bundle is not taken, for machines.
type Reason string

// The reasons.
const (
	Tampered Reason = "tampered"           // its parts do not fit each other, or a signature does not fit
	Unsigned Reason = "unsigned"           // nobody signed it whom the root set knows
	TooFew   Reason = "too_few_signatures" // some did, but not enough
	Older    Reason = "older"              // a newer one has been taken
	Expired  Reason = "expired"            // its time is over
	Frozen   Reason = "frozen"             // its time is over, only the clock, turned back, says otherwise
	Mixed    Reason = "mixed"              // another of the same number has been taken
	Foreign  Reason = "foreign"            // it is for other machines
	TooLarge Reason = "oversized"          // it is over a limit of this package
	Unsafe   Reason = "unsafe_path"        // a file would lie where none may
	Failed   Reason = "failed"             // the machine could not keep it
	Unfit    Reason = "unfit"              // the program that is installed cannot run with it
	Rootless Reason = "no_root_set"        // nothing on the machine says who may sign
)

// Refusal is why a bundle is not taken.
type Refusal struct {
	Reason Reason
	Msg    string // what is wrong and how to mend it
}

func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Msg }

func refuse(reason Reason, format string, args ...any) error {
	return &Refusal{reason, fmt.Sprintf(format, args...)}
}

// ReasonOf is the reason of the Refusal in err's chain, empty where there is none.
func ReasonOf(err error) Reason {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reason
	}
	return ""
}
