package account

import (
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Right is something that not everybody may do.
type Right string

// The rights.
const (
	Anyone    Right = ""          // needs none: even a stranger may
	Look      Right = "look"      // at everything but names, addresses and accounts
	Catalogue Right = "catalogue" // take a catalogue back
	Operate   Right = "operate"   // pull, settle incidents and money, bring orders further, answer shoppers, see names and addresses
	Staff     Right = "staff"     // say who may sell in the shops
	Persons   Right = "persons"   // gather and delete all that is kept of a person
	Accounts  Right = "accounts"  // say who may use headquarters, and read what they did
)

// Role is what a person or a system is at headquarters.
type Role string

// The roles. What each may do is said by Rights.
const (
	Nobody       Role = ""
	Viewer       Role = "viewer"
	Merchandiser Role = "merchandiser"
	Operator     Role = "operator"
	Manager      Role = "manager"
	Admin        Role = "admin"
)

// Roles lists them, from who may do least.
func Roles() []Role { return []Role{Viewer, Merchandiser, Operator, Manager, Admin} }

// Rights is all that who has the role may do.
func (r Role) Rights() []Right {
	switch r {
	case Viewer:
		return []Right{Look}
	case Merchandiser:
		return []Right{Look, Catalogue}
	case Operator:
		return []Right{Look, Operate}
	case Manager:
		return []Right{Look, Catalogue, Operate, Staff, Persons}
	case Admin:
		return []Right{Look, Catalogue, Operate, Staff, Persons, Accounts}
	}
	return nil
}

// May reports whether who has the role may do something.
func (r Role) May(want Right) bool { return want == Anyone || slices.Contains(r.Rights(), want) }

// Within is the role of who may do what both r and maker may.
func (r Role) Within(maker Role) Role {
	for _, least := range slices.Backward(Roles()) {
		beyond := func(want Right) bool { return !r.May(want) || !maker.May(want) }
		if !slices.ContainsFunc(least.Rights(), beyond) {
			return least
		}
	}
	return Nobody
}

// ParseRole reads the name of a role. A viewer was called a reader before there
// were others, and tokens in settings still are.
func ParseRole(s string) (Role, error) {
	if s == "reader" {
		return Viewer, nil
	}
	if !slices.Contains(Roles(), Role(s)) {
		return Nobody, edge.Errorf("account.ParseRole", edge.Invalid, "%.40q is no role: use one of %v", s, Roles())
	}
	return Role(s), nil
}
