package web

import (
	"slices"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
)

// area is a place in the pages' navigation.
type area struct {
	Path, Word string
	Here       bool
	ID         string // of the number, where there can be one
	Waits      int64  // for a person
}

// Areas are where the visitor may go; nowhere for who has not signed in.
func (f frame) Areas() (list []area) {
	if f.Role == account.Nobody {
		return nil
	}
	add := func(a area, pages ...string) {
		a.Here = slices.Contains(pages, f.Here)
		list = append(list, a)
	}
	add(area{Path: "/", Word: "shops"}, "shops", "shop", "staff")
	add(area{Path: "/sales", Word: "sales"}, "sales")
	add(area{Path: "/orders", Word: "orders", ID: "ordered", Waits: f.Orders}, "orders", "order")
	add(area{Path: "/money", Word: "money", ID: "moneys", Waits: int64(f.Money)}, "money")
	add(area{Path: "/incidents", Word: "incidents", ID: "waiting", Waits: f.Waiting}, "matters", "aside")
	add(area{Path: "/bundles", Word: "bundles"}, "bundles")
	if f.Chats {
		add(area{Path: "/chats", Word: "chats", ID: "asking", Waits: int64(f.Asking)}, "chats", "chat")
	}
	if f.Role.May(account.Persons) {
		add(area{Path: "/persons", Word: "persons"}, "persons", "export", "deletion")
	}
	if f.Role.May(account.Accounts) {
		add(area{Path: "/accounts", Word: "accounts"}, "accounts")
	}
	return list
}

// AllWaits is how much waits in all areas.
func (f frame) AllWaits() (n int64) {
	for _, a := range f.Areas() {
		n += a.Waits
	}
	return n
}
