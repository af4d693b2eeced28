package twin

import (
	"context"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Machine applies bundles. It trusts nobody but the bundles' signers: what the
// agent asks of it, it checks by itself.
type Machine interface {
	// Verify looks at a bundle's file and changes nothing. Its error is a Refused
	// where the machine will never apply the file.
	Verify(ctx context.Context, file string) error
	// Take hands a bundle's file over. The machine applies it by itself, perhaps
	// by starting the gateway anew. Handed over twice it is applied once.
	Take(ctx context.Context, file string) error
	// Status is how the machine stands.
	Status(ctx context.Context) (Status, error)
}

// Status is how a machine stands.
type Status struct {
	Running int64 // version of the bundle in force; 0 for none
	// The file that was applied or refused last, and what became of it; BundleNone
	// for none.
	Bundle  edge.Hash
	State   cloudsync.BundleState
	Reason  string // for machines
	Message string // for people
	// Unable says why the machine takes no bundle at all; nil where it does.
	Unable *Refused
}

// Refused says why a machine will never apply a bundle.
type Refused struct {
	Reason  string // for machines
	Message string // for people
}

func (r *Refused) Error() string { return r.Message }
