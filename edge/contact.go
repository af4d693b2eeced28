package edge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Contact is to whom an order goes. It is kept apart from the order, encrypted,
// and never stands in an event or a log.
type Contact struct {
	Name    string   `json:"name"`
	Phone   string   `json:"phone"`             // digits, a + before those of another country
	Address *Address `json:"address,omitempty"` // none where the goods are collected
}

// Address is where goods are brought, in the form of its country.
type Address struct {
	Country string `json:"country"` // ISO 3166-1, two letters
	// Region is Vietnam's province, China's province or city, or a state.
	Region string `json:"region"`
	// Locality is Vietnam's ward or commune, or a town.
	Locality string `json:"locality"`
	Street   string `json:"street"` // house and street
	Postcode string `json:"postcode,omitempty"`
	// Former is Vietnam's district as it was called until 2025-07-01: people and
	// carriers still say it.
	Former string `json:"former,omitempty"`
}

// Vietnam is the country whose addresses have provinces and wards.
const Vietnam = "VN"

const maxContactText = 120 // bytes of a field

// Tidy brings the fields into one form: no space around them, and the telephone
// number in digits alone.
func (c *Contact) Tidy() {
	c.Name = strings.Join(strings.Fields(Visible(c.Name)), " ")
	c.Phone = tidyPhone(c.Phone)
	if a := c.Address; a != nil {
		for _, s := range []*string{&a.Country, &a.Region, &a.Locality, &a.Street, &a.Postcode, &a.Former} {
			*s = strings.Join(strings.Fields(Visible(*s)), " ")
		}
		a.Country = strings.ToUpper(a.Country)
		if a.Country == "CN" && len(c.Phone) == 11 && c.Phone[0] == '1' {
			c.Phone = "+86" + c.Phone
		}
	}
}

// Phone brings a telephone number into the form of Contact.Phone. What is none is
// Invalid; it is not told.
func Phone(number string) (string, error) {
	if number = tidyPhone(number); !dialled(number) {
		return "", wrongContact("phone")
	}
	return number, nil
}

func tidyPhone(number string) string {
	number = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-()\u00a0", r) {
			return -1
		}
		return r
	}, Visible(number)) // a number copied from a list of contacts comes wrapped in marks
	if rest, ok := strings.CutPrefix(number, "+84"); ok {
		number = "0" + strings.TrimPrefix(rest, "0")
	}
	return number
}

// ContactError names the field of a Contact that has to be mended.
type ContactError struct{ Field string }

func (e *ContactError) Error() string { return "field " + e.Field }

// Check refuses what nobody can be reached by. Its cause is a ContactError; what
// the field holds is not told.
func (c *Contact) Check() error {
	fields := []struct {
		name, text string
		needed     bool
	}{{"name", c.Name, true}, {"phone", c.Phone, true}}
	if a := c.Address; a != nil {
		fields = append(fields, []struct {
			name, text string
			needed     bool
		}{
			{"country", a.Country, true},
			{"region", a.Region, true},
			{"locality", a.Locality, a.Country == Vietnam},
			{"street", a.Street, true},
			{"postcode", a.Postcode, false},
			{"former", a.Former, false},
		}...)
		if !country(a.Country) {
			return wrongContact("country")
		}
	}
	for _, f := range fields {
		if f.needed && f.text == "" || !oneLine(f.text) {
			return wrongContact(f.name)
		}
	}
	if !dialled(c.Phone) {
		return wrongContact("phone")
	}
	if digits(c.Name) > 4 {
		return wrongContact("name")
	}
	return nil
}

func wrongContact(field string) error {
	return &Error{
		Op: "edge.Contact.Check", Kind: Invalid, Msg: "the " + field + " is missing or cannot be used: write it again",
		Err: &ContactError{field},
	}
}

func oneLine(s string) bool {
	return len(s) <= maxContactText && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// dialled reports whether s is a telephone number: 0 and nine digits in Vietnam,
// else + and 7 to 15 digits (E.164).
func dialled(s string) bool {
	number, abroad := strings.CutPrefix(s, "+")
	if !consistsOf(number, isDigit) {
		return false
	}
	if abroad {
		return len(number) >= 7 && len(number) <= 15 && number[0] != '0'
	}
	return len(number) == 10 && number[0] == '0'
}

func country(s string) bool {
	return len(s) == 2 && consistsOf(s, func(c byte) bool { return c >= 'A' && c <= 'Z' })
}
